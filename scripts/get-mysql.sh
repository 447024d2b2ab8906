#!/usr/bin/env bash
# Prints a folder whose bin/ holds mysqld, mysql and (where there are any)
# mysqladmin, mysqldump and mysqlbinlog, all of one MySQL.
#
#   TABLEWRIGHT_MYSQL_HOME   such a folder already: printed as it is
#   TABLEWRIGHT_MYSQLD       the mysqld to use
#   otherwise a mysqld 8.0, 8.4 or 9.x on PATH
#   otherwise Debian unstable's, unpacked once into the cache
#
# The programs are wrappers (lib-wrapper.sh).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"
# shellcheck source=scripts/lib-wrapper.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-wrapper.sh"

# See lib-wrapper.sh.
RECIPE=1
CLIENTS=(mysql mysqladmin mysqldump mysqlbinlog)

# ---------------------------------------------------------------- which mysqld

is_mysql() {
  local version
  version=$("$1" --no-defaults --version 2>/dev/null) || return 1
  [[ $version != *MariaDB* && $version =~ Ver\ (8\.0|8\.4|9\.[0-9]+)\. ]]
}

installed_mysqld() {
  local candidate
  if [[ -n ${TABLEWRIGHT_MYSQLD:-} ]]; then
    is_mysql "$TABLEWRIGHT_MYSQLD" || die "TABLEWRIGHT_MYSQLD is $TABLEWRIGHT_MYSQLD, which is not a MySQL server of 8.0, 8.4 or 9.x." "" \
      "hint: let it name a mysqld of those, or unset it to have one unpacked into the cache."
    printf '%s\n' "$TABLEWRIGHT_MYSQLD"
    return
  fi
  # Debian and others keep servers in sbin, which is not on everybody's PATH.
  for candidate in "$(command -v mysqld || true)" /usr/sbin/mysqld /usr/local/mysql/bin/mysqld; do
    if [[ -x $candidate ]] && is_mysql "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

# ---------------------------------------------------------------- an installed MySQL

is_client() { [[ $("$1" --no-defaults --version 2>/dev/null) != *MariaDB* ]]; }

wrap_installed() {
  local mysqld=$1 home=$2 name client
  [[ ! -d $home ]] || return 0
  new_temp mysql
  mkdir "$NEW_TEMP/bin"
  # shellcheck disable=SC2016 # the wrapper expands these
  write_wrapper "$NEW_TEMP/bin/mysqld" "exec $(printf %q "$mysqld")"' "$defaults" --user="$(id -un)" "$@"'
  for name in "${CLIENTS[@]}"; do
    client=$(program_beside "$mysqld" "$name" is_client)
    [[ -n $client ]] || continue
    # shellcheck disable=SC2016
    write_wrapper "$NEW_TEMP/bin/$name" "exec $(printf %q "$client")"' "$defaults" "$@"'
  done
  [[ -x $NEW_TEMP/bin/mysql ]] || die "there is a MySQL server ($mysqld) and no MySQL client 'mysql' for it." "" \
    "hint: install it with: apt-get install mysql-client"
  keep_temp "$NEW_TEMP" "$home"
}

# ---------------------------------------------------------------- Debian unstable's

unpacked_home() { newest_home mysql mysqld; }

wrap_unpacked() {
  local home=$1 arch loader name program
  arch=$(debian_multiarch)
  loader="usr/lib/$arch/$(debian_loader)"
  # shellcheck disable=SC2016 # the wrapper expands these
  local run='exec "$root/'$loader'" --library-path "$root/usr/lib/'$arch':$root/usr/lib/mysql/private"'
  mkdir "$home/bin"
  # shellcheck disable=SC2016
  write_wrapper "$home/bin/mysqld" 'root=$here/../root' 'share=$root/usr/share/mysql' \
    "$run"' "$root/usr/sbin/mysqld" "$defaults" --user="$(id -un)" --basedir="$root/usr" --lc-messages-dir="$share" --character-sets-dir="$share/charsets" --plugin-dir="$root/usr/lib/mysql/plugin" "$@"'
  for name in "${CLIENTS[@]}"; do
    program=usr/bin/$name
    [[ -x $home/root/$program ]] || continue
    # shellcheck disable=SC2016
    write_wrapper "$home/bin/$name" 'root=$here/../root' \
      "$run"' "$root/'"$program"'" "$defaults" --character-sets-dir="$root/usr/share/mysql/charsets" "$@"'
  done
}

unpack() {
  # Another run may have finished it while this one waited for the lock.
  [[ -z $(unpacked_home) ]] || return 0
  new_temp mysql
  local home=$NEW_TEMP/home version
  mkdir "$home"
  debian_unpack "downloading and unpacking MySQL (120 MB, once)" "$home/root" mysql-server-core,mysql-client-core
  rm -f "$home/root.log"
  wrap_unpacked "$home"
  is_mysql "$home/bin/mysqld" || die "the mysqld unpacked from Debian $DEBIAN_SUITE does not run here:" \
    "$("$home/bin/mysqld" --version 2>&1 || true)" "" "hint: install MySQL 8.0, 8.4 or 9.x and name its mysqld in TABLEWRIGHT_MYSQLD."
  version=$("$home/bin/mysqld" --version | sed -E 's/.* Ver ([^ ]+) .*/\1/')
  keep_temp "$home" "$(cache_root)/mysql/$version-$(uname -m)-r$RECIPE"
  rm -rf -- "$NEW_TEMP"
}

# ---------------------------------------------------------------- main

main() {
  if [[ -n ${TABLEWRIGHT_MYSQL_HOME:-} ]]; then
    [[ -x $TABLEWRIGHT_MYSQL_HOME/bin/mysqld && -x $TABLEWRIGHT_MYSQL_HOME/bin/mysql ]] ||
      die "TABLEWRIGHT_MYSQL_HOME is $TABLEWRIGHT_MYSQL_HOME, which has no bin/mysqld and bin/mysql." "" "hint: unset it to have MySQL set up."
    (cd "$TABLEWRIGHT_MYSQL_HOME" && pwd)
    return
  fi

  local mysqld home
  mysqld=$(installed_mysqld)
  if [[ -n $mysqld ]]; then
    mysqld=$(readlink -f "$mysqld")
    home="$(cache_root)/mysql/$(installed_key "$mysqld")"
    [[ -d $home ]] || with_lock mysql "MySQL" wrap_installed "$mysqld" "$home"
    printf '%s\n' "$home"
    return
  fi

  home=$(unpacked_home)
  if [[ -z $home ]]; then
    has_apt || die "MySQL is needed: there is no mysqld of 8.0, 8.4 or 9.x on PATH, and no apt-get to unpack one with." "" \
      "hint: install MySQL with this system's package manager (macOS: brew install mysql), or set TABLEWRIGHT_MYSQLD=/path/to/mysqld."
    with_lock mysql "MySQL" unpack
    home=$(unpacked_home)
  fi
  printf '%s\n' "$home"
}

main "$@"

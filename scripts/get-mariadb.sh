#!/usr/bin/env bash
# Prints a folder whose bin/ holds mariadbd and mariadb (the client), both of one
# MariaDB, and whose share/ holds what a new data folder is made from.
#
#   TABLEWRIGHT_MARIADB_HOME  such a folder already: printed as it is
#   TABLEWRIGHT_MARIADBD      the mariadbd to use
#   otherwise a mariadbd 10.11 or 11.x on PATH
#   otherwise that of Debian bookworm (10.11), unpacked once into the cache
#
# The programs are wrappers (lib-wrapper.sh).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"
# shellcheck source=scripts/lib-wrapper.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-wrapper.sh"

DEBIAN_SUITE=bookworm
# See lib-wrapper.sh.
RECIPE=1

# ---------------------------------------------------------------- which mariadbd

is_mariadb() {
  local version
  version=$("$1" --no-defaults --version 2>/dev/null) || return 1
  [[ $version =~ Ver\ (10\.11|11\.[0-9]+)\.[0-9]+-MariaDB ]]
}

installed_mariadbd() {
  local candidate
  if [[ -n ${TABLEWRIGHT_MARIADBD:-} ]]; then
    is_mariadb "$TABLEWRIGHT_MARIADBD" || die "TABLEWRIGHT_MARIADBD is $TABLEWRIGHT_MARIADBD, which is not a MariaDB server of 10.11 or 11.x." "" \
      "hint: let it name a mariadbd of those, or unset it to have one unpacked into the cache."
    printf '%s\n' "$TABLEWRIGHT_MARIADBD"
    return
  fi
  # Debian and others keep servers in sbin, which is not on everybody's PATH.
  for candidate in "$(command -v mariadbd || true)" /usr/sbin/mariadbd /usr/local/mysql/bin/mariadbd; do
    if [[ -x $candidate ]] && is_mariadb "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

# ---------------------------------------------------------------- an installed MariaDB

is_client() { [[ $("$1" --no-defaults --version 2>/dev/null) == *MariaDB* ]]; }

# The folder with the tables of a new data folder, wherever this MariaDB keeps it.
share_of() {
  local prefix folder
  prefix=$(dirname "$(dirname "$1")")
  for folder in "$prefix/share/mysql" "$prefix/share/mariadb" "$prefix/share" /usr/share/mysql /usr/share/mariadb; do
    # The former name is that of 10.11.
    if [[ -r $folder/mysql_system_tables.sql || -r $folder/mariadb_system_tables.sql ]]; then
      printf '%s\n' "$folder"
      return
    fi
  done
}

wrap_installed() {
  local mariadbd=$1 home=$2 client share
  [[ ! -d $home ]] || return 0
  client=$(program_beside "$mariadbd" mariadb is_client)
  [[ -n $client ]] || die "there is a MariaDB server ($mariadbd) and no MariaDB client 'mariadb' for it." "" \
    "hint: install it with: apt-get install mariadb-client-core"
  share=$(share_of "$mariadbd")
  [[ -n $share ]] || die "there is a MariaDB server ($mariadbd), and the tables of a new data folder (mysql_system_tables.sql) are not near it." "" \
    "hint: install MariaDB's server package whole, or unset TABLEWRIGHT_MARIADBD."
  new_temp mariadb
  mkdir "$NEW_TEMP/bin"
  ln -s "$share" "$NEW_TEMP/share"
  # shellcheck disable=SC2016 # the wrapper expands these
  write_wrapper "$NEW_TEMP/bin/mariadbd" "exec $(printf %q "$mariadbd")"' "$defaults" --user="$(id -un)" "$@"'
  # shellcheck disable=SC2016
  write_wrapper "$NEW_TEMP/bin/mariadb" "exec $(printf %q "$client")"' "$defaults" "$@"'
  keep_temp "$NEW_TEMP" "$home"
}

# ---------------------------------------------------------------- Debian's

unpacked_home() { newest_home mariadb mariadbd; }

wrap_unpacked() {
  local home=$1 arch loader run
  arch=$(debian_multiarch)
  loader="lib/$arch/$(debian_loader)"
  # shellcheck disable=SC2016 # the wrapper expands these
  run='exec "$root/'$loader'" --library-path "$root/lib/'$arch':$root/usr/lib/'$arch'"'
  mkdir "$home/bin"
  ln -s root/usr/share/mysql "$home/share"
  # shellcheck disable=SC2016
  write_wrapper "$home/bin/mariadbd" 'root=$here/../root' 'share=$root/usr/share/mysql' \
    "$run"' "$root/usr/sbin/mariadbd" "$defaults" --user="$(id -un)" --basedir="$root/usr" --lc-messages-dir="$share" --character-sets-dir="$share/charsets" --plugin-dir="$root/usr/lib/mysql/plugin" "$@"'
  # shellcheck disable=SC2016
  write_wrapper "$home/bin/mariadb" 'root=$here/../root' \
    "$run"' "$root/usr/bin/mariadb" "$defaults" --character-sets-dir="$root/usr/share/mysql/charsets" "$@"'
}

unpack() {
  # Another run may have finished it while this one waited for the lock.
  [[ -z $(unpacked_home) ]] || return 0
  new_temp mariadb
  local home=$NEW_TEMP/home version
  mkdir "$home"
  debian_unpack "downloading and unpacking MariaDB (50 MB, once)" "$home/root" mariadb-server-core,mariadb-client-core
  rm -f "$home/root.log"
  wrap_unpacked "$home"
  is_mariadb "$home/bin/mariadbd" || die "the mariadbd unpacked from Debian $DEBIAN_SUITE does not run here:" \
    "$("$home/bin/mariadbd" --version 2>&1 || true)" "" "hint: install MariaDB 10.11 or 11.x and name its mariadbd in TABLEWRIGHT_MARIADBD."
  version=$("$home/bin/mariadbd" --version | sed -E 's/.* Ver ([^ ]+) .*/\1/')
  keep_temp "$home" "$(cache_root)/mariadb/$version-$(uname -m)-r$RECIPE"
  rm -rf -- "$NEW_TEMP"
}

# ---------------------------------------------------------------- main

main() {
  if [[ -n ${TABLEWRIGHT_MARIADB_HOME:-} ]]; then
    [[ -x $TABLEWRIGHT_MARIADB_HOME/bin/mariadbd && -x $TABLEWRIGHT_MARIADB_HOME/bin/mariadb && -d $TABLEWRIGHT_MARIADB_HOME/share ]] ||
      die "TABLEWRIGHT_MARIADB_HOME is $TABLEWRIGHT_MARIADB_HOME, which lacks bin/mariadbd, bin/mariadb or share." "" \
        "hint: unset it to have MariaDB set up."
    (cd "$TABLEWRIGHT_MARIADB_HOME" && pwd)
    return
  fi

  local mariadbd home
  mariadbd=$(installed_mariadbd)
  if [[ -n $mariadbd ]]; then
    mariadbd=$(readlink -f "$mariadbd")
    home="$(cache_root)/mariadb/$(installed_key "$mariadbd")"
    [[ -d $home ]] || with_lock mariadb "MariaDB" wrap_installed "$mariadbd" "$home"
    printf '%s\n' "$home"
    return
  fi

  home=$(unpacked_home)
  if [[ -z $home ]]; then
    has_apt || die "MariaDB is needed: there is no mariadbd of 10.11 or 11.x on PATH, and no apt-get to unpack one with." "" \
      "hint: install MariaDB with this system's package manager (macOS: brew install mariadb@10.11), or set TABLEWRIGHT_MARIADBD=/path/to/mariadbd."
    with_lock mariadb "MariaDB" unpack
    home=$(unpacked_home)
  fi
  printf '%s\n' "$home"
}

main "$@"

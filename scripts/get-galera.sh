#!/usr/bin/env bash
# Prints the path of libgalera_smm.so, with which MariaDB is a node of a Galera cluster:
#
#   TABLEWRIGHT_GALERA  the one to use
#   otherwise an installed one
#   otherwise that of Debian bookworm, as MariaDB's (get-mariadb.sh), unpacked once into the cache
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"

DEBIAN_SUITE=bookworm
# Raised when what is kept changes.
RECIPE=1

galera_path() { printf '%s/galera/4-%s-r%s/libgalera_smm.so\n' "$(cache_root)" "$(uname -m)" "$RECIPE"; }

unpack() {
  local path
  path=$(galera_path)
  # Another run may have finished it while this one waited for the lock.
  [[ ! -r $path ]] || return 0
  new_temp galera
  debian_unpack "downloading and unpacking Galera (15 MB, once)" "$NEW_TEMP/root" galera-4
  # Its libraries are among MariaDB's.
  mkdir "$NEW_TEMP/home"
  cp "$NEW_TEMP/root/usr/lib/galera/libgalera_smm.so" "$NEW_TEMP/home/"
  keep_temp "$NEW_TEMP/home" "$(dirname "$path")"
  rm -rf -- "$NEW_TEMP"
}

main() {
  local path
  if [[ -n ${TABLEWRIGHT_GALERA:-} ]]; then
    [[ -r $TABLEWRIGHT_GALERA ]] || die "TABLEWRIGHT_GALERA is $TABLEWRIGHT_GALERA, which cannot be read." "" \
      "hint: unset it to have Galera unpacked into the cache."
    readlink -f "$TABLEWRIGHT_GALERA"
    return
  fi
  for path in /usr/lib/galera/libgalera_smm.so /usr/lib64/galera-4/libgalera_smm.so "$(galera_path)"; do
    if [[ -r $path ]]; then
      printf '%s\n' "$path"
      return
    fi
  done
  has_apt || die "Galera is needed: there is no libgalera_smm.so, and no apt-get to unpack one with." "" \
    "hint: install galera-4 with this system's package manager, or set TABLEWRIGHT_GALERA=/path/to/libgalera_smm.so."
  with_lock galera "Galera" unpack
  galera_path
}

main "$@"

# shellcheck shell=bash
# A folder of database programs: bin/ holds small wrappers that exec the real
# programs, so that a wrapper's pid is the server's. They read no option file
# unless told to: a ~/.my.cnf must not change what a test sees.
#
# It is sourced after lib.sh, by a script that sets
#   RECIPE    raised when its wrappers or its way of unpacking change, so that a folder
#             made by an older checkout is not taken for one of this

# write_wrapper FILE LINE...: the lines say how to run the program, ending in "$@".
write_wrapper() {
  local file=$1
  shift
  {
    cat <<WRAPPER
#!/bin/sh
# Made by scripts/$(basename "$0").
WRAPPER
    cat <<'WRAPPER'
here=$(dirname "$(readlink -f "$0")")
# The option that names an option file has to come before all others.
case "${1-}" in
  --no-defaults | --defaults-file=* | --defaults-extra-file=* | --print-defaults) defaults=$1; shift ;;
  *) defaults=--no-defaults ;;
esac
WRAPPER
    printf '%s\n' "$@"
  } >"$file"
  chmod 755 "$file"
}

# program_beside SERVER NAME IS_ONE: the program NAME that belongs to an installed
# server, if there is one that IS_ONE accepts.
program_beside() {
  local server=$1 name=$2 is_one=$3 candidate
  for candidate in "$(dirname "$server")/$name" "$(dirname "$server")/../bin/$name" "$(command -v "$name" || true)"; do
    if [[ -x $candidate ]] && "$is_one" "$candidate"; then
      readlink -f "$candidate"
      return
    fi
  done
}

# Keyed by the version too: an upgrade of the machine's server is another server.
installed_key() { printf 'installed-%s\n' "$({ printf '%s\n' "$RECIPE" "$1"; "$1" --no-defaults --version; } | sha256sum | cut -c 1-16)"; }

# newest_home FOLDER SERVER: the newest of the unpacked ones in that folder of the
# cache; no network is asked while there is one.
newest_home() {
  local home found=
  for home in "$(cache_root)/$1"/*-"$(uname -m)-r$RECIPE"; do
    if [[ -x $home/bin/$2 ]]; then found=$(printf '%s\n' "$found" "$home" | sort -V | tail -n 1); fi
  done
  printf '%s\n' "$found"
}

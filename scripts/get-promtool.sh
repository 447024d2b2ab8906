#!/usr/bin/env bash
# Prints the path of promtool, which checks metrics and tests alert rules.
#
#   TABLEWRIGHT_PROMTOOL   the one to use
#   otherwise the one on PATH
#   otherwise Debian unstable's, unpacked once into the cache
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"
# shellcheck source=scripts/lib-wrapper.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-wrapper.sh"

# See lib-wrapper.sh.
RECIPE=1

runs() { "$1" --version >/dev/null 2>&1; }

unpacked_promtool() {
  local home
  home=$(newest_home promtool promtool)
  [[ -z $home ]] || printf '%s/bin/promtool\n' "$home"
}

unpack() {
  # Another run may have finished it while this one waited for the lock.
  [[ -z $(unpacked_promtool) ]] || return 0
  new_temp promtool
  local home=$NEW_TEMP/home arch loader version
  mkdir "$home"
  debian_unpack "downloading and unpacking promtool (60 MB, once)" "$home/root" prometheus
  rm -f "$home/root.log"
  arch=$(debian_multiarch)
  loader="usr/lib/$arch/$(debian_loader)"
  mkdir "$home/bin"
  # shellcheck disable=SC2016 # the wrapper expands these
  write_wrapper "$home/bin/promtool" 'root=$here/../root' \
    'exec "$root/'"$loader"'" --library-path "$root/usr/lib/'"$arch"'" "$root/usr/bin/promtool" "$@"'
  runs "$home/bin/promtool" || die "the promtool unpacked from Debian $DEBIAN_SUITE does not run here:" \
    "$("$home/bin/promtool" --version 2>&1 || true)" "" "hint: install Prometheus and name its promtool in TABLEWRIGHT_PROMTOOL."
  version=$("$home/bin/promtool" --version 2>&1 | sed -nE '1s/.*version ([^ ]+).*/\1/p')
  keep_temp "$home" "$(cache_root)/promtool/$version-$(uname -m)-r$RECIPE"
  rm -rf -- "$NEW_TEMP"
}

main() {
  local promtool
  promtool=${TABLEWRIGHT_PROMTOOL:-$(command -v promtool || true)}
  if [[ -n $promtool ]]; then
    runs "$promtool" || die "$promtool is not a promtool that runs here." "" "hint: unset TABLEWRIGHT_PROMTOOL to have one unpacked into the cache."
    printf '%s\n' "$promtool"
    return
  fi
  promtool=$(unpacked_promtool)
  if [[ -z $promtool ]]; then
    has_apt || die "promtool is needed: it is not on PATH, and there is no apt-get to unpack it with." "" \
      "hint: install Prometheus with this system's package manager (macOS: brew install prometheus), or set TABLEWRIGHT_PROMTOOL=/path/to/promtool."
    with_lock promtool "promtool" unpack
    promtool=$(unpacked_promtool)
  fi
  printf '%s\n' "$promtool"
}

main "$@"

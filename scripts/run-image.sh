#!/usr/bin/env bash
# Runs the program of the image that check-image.sh has built as a Pod of the chart does: user 65532 without further groups,
# no capabilities and none to gain, the image's files as root and read-only. The process becomes the program, so that signals
# and the exit code are its own.
#
# usage: scripts/run-image.sh ARGUMENT...
#
# A --kubeconfig FILE is handed in as one file that this user may read, as a Pod gets its token.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
files=$("$HERE/check-image.sh" --where)
[[ -x $files/usr/local/bin/tablewright ]] || die "no image has been built." "" "hint: scripts/check-image.sh"
((EUID == 0)) || die "a mount namespace is needed, and so is root."

arguments=() kubeconfig=
while (($#)); do
  arguments+=("$1")
  if [[ $1 == --kubeconfig ]]; then
    kubeconfig=$("${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/}kubectl" --kubeconfig "$2" config view --raw --flatten)
    arguments+=(/home/nonroot/kubeconfig)
    shift
  fi
  shift
done

# By the environment: a command line can be read by everybody.
export KUBECONFIG_TEXT=$kubeconfig
# shellcheck disable=SC2016 # the inner bash expands these
exec unshare --mount --propagation private bash -c '
  set -euo pipefail
  files=$1
  shift
  mount --bind "$files" "$files"
  # Seen by this process alone, and gone with it.
  mount -t tmpfs -o mode=755 handed "$files/home/nonroot"
  printf "%s\n" "$KUBECONFIG_TEXT" >"$files/home/nonroot/kubeconfig"
  unset KUBECONFIG_TEXT
  mount -o remount,bind,ro "$files/home/nonroot"
  mount -o remount,bind,ro "$files"
  exec setpriv --bounding-set=-all,+sys_chroot,+setuid,+setgid --no-new-privs \
    chroot --userspec=65532:65532 --groups=65532 "$files" /usr/local/bin/tablewright "$@"' run-image "$files" "${arguments[@]}" {STDERR}>&- {NEVER}>&-

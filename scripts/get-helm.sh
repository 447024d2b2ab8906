#!/usr/bin/env bash
# Prints the path of helm, version 4:
#
#   TABLEWRIGHT_HELM   is used as it is when it is set
#   otherwise          it is built from the Go modules that helm/go.mod pins, once, into the cache
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

MODULE=$HERE/helm
VERSION=$(sed -n 's|^require helm.sh/helm/v4 \(v[^ ]*\)$|\1|p' "$MODULE/go.mod")

# Raised when the flags of the build change.
RECIPE=1

# Named by what it is, and by everything that decides its content.
built_folder() {
  local hash
  hash=$({ printf '%s\n' "$RECIPE"; cat "$MODULE/go.mod" "$MODULE/go.sum"; } | sha256sum | cut -c 1-12)
  printf '%s/helm/%s-%s-%s\n' "$(cache_root)" "$VERSION" "$(uname -m)" "$hash"
}

# build GO FOLDER
build() {
  # Another run may have finished it while this one waited for the lock.
  [[ ! -x $2/helm ]] || return 0
  new_temp helm
  mkdir "$NEW_TEMP/folder" "$NEW_TEMP/go"
  # GOTOOLCHAIN: an older Go fetches the release that go.mod asks for.
  # GOWORK, -mod: the go.mod beside this script decides, nothing around it.
  run_logged "building helm ($VERSION, once)" "$NEW_TEMP/log" \
    env -C "$MODULE" GOTMPDIR="$NEW_TEMP/go" CGO_ENABLED=0 GOTOOLCHAIN=auto GOWORK=off \
    "$1" build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "-s -w -X helm.sh/helm/v4/internal/version.version=$VERSION" \
    -o "$NEW_TEMP/folder/helm" helm.sh/helm/v4/cmd/helm ||
    die "helm could not be built." "" "hint: is the Go module proxy ($("$1" env GOPROXY)) reachable?"
  keep_temp "$NEW_TEMP/folder" "$2"
}

main() {
  local folder go
  if [[ -n ${TABLEWRIGHT_HELM:-} ]]; then
    [[ -x $TABLEWRIGHT_HELM ]] || die "TABLEWRIGHT_HELM is $TABLEWRIGHT_HELM, which is no program." "" "hint: unset it to have helm built into the cache."
    printf '%s\n' "$TABLEWRIGHT_HELM"
    return
  fi
  folder=$(built_folder)
  if [[ ! -x $folder/helm ]]; then
    go=$("$HERE/get-go.sh")
    with_lock helm helm build "$go" "$folder"
  fi
  printf '%s\n' "$folder/helm"
}

main "$@"

#!/usr/bin/env bash
# Prints a folder with one Argo CD:
#
#   bin/argocd          all its parts in one program: ARGOCD_BINARY_NAME says which one it plays
#   bin/*.sh            what its repository server calls besides git
#   manifests/crds      its resource definitions
#   manifests/config    its settings, as an installation starts out
#   manifests/rbac      its parts' accounts and what they may do
#
#   TABLEWRIGHT_ARGOCD_HOME  such a folder already: printed as it is
#   otherwise it is built from the Go module that argocd/go.mod pins, once, into
#   the cache; manifests and helper scripts are that module's own.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

MODULE=$HERE/argocd
PACKAGE=github.com/argoproj/argo-cd/v3
PROGRAMS=(argocd git-verify-wrapper.sh gpg-wrapper.sh)

VERSION=$(sed -n "s|^require $PACKAGE \(v[^ ]*\)\$|\1|p" "$MODULE/go.mod")

# Raised when the flags of the build or the contents of the folder change.
RECIPE=1

# Named by what it is, and by everything that decides its content.
home_folder() {
  local hash
  hash=$({ printf '%s\n' "$RECIPE"; cat "$MODULE/go.mod" "$MODULE/go.sum"; } | sha256sum | cut -c 1-12)
  printf '%s/argocd/%s-%s-%s\n' "$(cache_root)" "$VERSION" "$(uname -m)" "$hash"
}

is_complete() {
  local program
  for program in "${PROGRAMS[@]}"; do [[ -x $1/bin/$program ]] || return 1; done
  [[ -d $1/manifests/crds && -d $1/manifests/config && -d $1/manifests/rbac ]]
}

in_module() {
  # GOTOOLCHAIN: an older Go fetches the release that go.mod asks for.
  # GOWORK: the go.mod beside this script decides, nothing around it.
  env -C "$MODULE" CGO_ENABLED=0 GOTOOLCHAIN=auto GOWORK=off "$@"
}

# build HOME
build() {
  # Another run may have finished it while this one waited for the lock.
  if is_complete "$1"; then return; fi
  local go source home part
  go=$("$HERE/get-go.sh")
  new_temp argocd
  home=$NEW_TEMP/home
  mkdir -p "$home/bin" "$home/manifests" "$NEW_TEMP/go"
  # The stamp of a release build: without it, it calls itself v99.99.99.
  run_logged "building Argo CD ($VERSION, once)" "$NEW_TEMP/build.log" \
    env -C "$MODULE" GOTMPDIR="$NEW_TEMP/go" CGO_ENABLED=0 GOTOOLCHAIN=auto GOWORK=off \
    "$go" build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "-s -w -X $PACKAGE/common.version=${VERSION#v} -X $PACKAGE/common.gitTreeState=clean" \
    -o "$home/bin/argocd" "$PACKAGE/cmd" ||
    die "Argo CD could not be built." "" "hint: is the Go module proxy ($("$go" env GOPROXY)) reachable?"
  source=$(in_module "$go" list -mod=readonly -m -f '{{.Dir}}' "$PACKAGE")
  # The module cache is read-only; what is copied from it must be removable.
  cp --no-preserve=mode "$source/hack/git-verify-wrapper.sh" "$source/hack/gpg-wrapper.sh" "$home/bin/"
  chmod 755 "$home/bin/"*.sh
  cp -r --no-preserve=mode "$source/manifests/crds" "$home/manifests/crds"
  cp -r --no-preserve=mode "$source/manifests/base/config" "$home/manifests/config"
  mkdir "$home/manifests/rbac"
  for part in base/server base/application-controller-roles base/repo-server cluster-rbac/server cluster-rbac/application-controller; do
    find "$source/manifests/$part" \( -name '*-sa.yaml' -o -name '*role.yaml' -o -name '*rolebinding.yaml' \) \
      -exec cp --no-preserve=mode -t "$home/manifests/rbac" {} +
  done
  # Lists of files for kustomize, which is not asked.
  rm -f "$home/manifests/"*/kustomization.yaml
  rm -rf -- "$1"
  keep_temp "$home" "$1"
  rm -rf -- "$NEW_TEMP"
}

main() {
  local home
  if [[ -n ${TABLEWRIGHT_ARGOCD_HOME:-} ]]; then
    is_complete "$TABLEWRIGHT_ARGOCD_HOME" || die "TABLEWRIGHT_ARGOCD_HOME is $TABLEWRIGHT_ARGOCD_HOME, which lacks bin/argocd, its helper scripts or manifests." "" \
      "hint: unset it to have Argo CD built into the cache."
    (cd "$TABLEWRIGHT_ARGOCD_HOME" && pwd)
    return
  fi
  home=$(home_folder)
  is_complete "$home" || with_lock argocd "Argo CD" build "$home"
  printf '%s\n' "$home"
}

main "$@"

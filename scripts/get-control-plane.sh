#!/usr/bin/env bash
# Prints a folder that holds etcd, kube-apiserver, kube-controller-manager and
# kubectl: the layout that KUBEBUILDER_ASSETS names.
#
#   KUBEBUILDER_ASSETS   is used as it is when it has all four. What it lacks
#                        (envtest's folder has no kube-controller-manager, and so
#                        no garbage collector) is built, and a folder of links to
#                        both is printed.
#   otherwise            all four are built from the Go modules that
#                        control-plane/go.mod pins, once, into the cache.
#
# Each program is renamed into the cache when it is finished, so a run that was
# interrupted goes on with the next one.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

MODULE=$HERE/control-plane
PROGRAMS=(etcd kube-apiserver kubectl kube-controller-manager)

package_of() {
  case $1 in
    etcd) printf 'go.etcd.io/etcd/server/v3\n' ;;
    *) printf 'k8s.io/kubernetes/cmd/%s\n' "$1" ;;
  esac
}

pinned_version() { sed -n "s|^[[:space:]]*$1 \(v[^ ]*\)\$|\1|p" "$MODULE/go.mod"; }

KUBERNETES=$(pinned_version k8s.io/kubernetes)
ETCD=$(pinned_version go.etcd.io/etcd/server/v3)

# Raised when the flags of the build change.
RECIPE=1

# Named by what it is, and by everything that decides its content.
built_folder() {
  local hash
  hash=$({ printf '%s\n' "$RECIPE"; cat "$MODULE/go.mod" "$MODULE/go.sum"; } | sha256sum | cut -c 1-12)
  printf '%s/control-plane/%s-etcd-%s-%s-%s\n' "$(cache_root)" "$KUBERNETES" "$ETCD" "$(uname -m)" "$hash"
}

missing_from() {
  local folder=$1 program
  for program in "${PROGRAMS[@]}"; do [[ -x $folder/$program ]] || printf '%s\n' "$program"; done
}

# ---------------------------------------------------------------- building

# What a release build of Kubernetes stamps in: without it every program calls
# itself v0.0.0, and clients that compare versions take it for ancient.
version_flags() {
  local major minor package
  IFS=. read -r major minor _ <<<"${KUBERNETES#v}"
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s -X %s.gitTreeState=clean' \
      "$package" "$KUBERNETES" "$package" "$major" "$package" "$minor" "$package"
  done
}

# build GO FOLDER PROGRAM...
build() {
  local go=$1 folder=$2 program
  shift 2
  new_temp control-plane
  for program in "$@"; do
    # Another run may have finished it while this one waited for the lock.
    [[ ! -x $folder/$program ]] || continue
    # GOTOOLCHAIN: an older Go fetches the release that go.mod asks for.
    # GOWORK, -mod: the go.mod beside this script decides, nothing around it.
    run_logged "building $program ($([[ $program == etcd ]] && echo "$ETCD" || echo "$KUBERNETES"), once)" "$NEW_TEMP/$program.log" \
      env -C "$MODULE" GOTMPDIR="$NEW_TEMP" CGO_ENABLED=0 GOTOOLCHAIN=auto GOWORK=off \
      "$go" build -mod=readonly -trimpath -buildvcs=false -ldflags "$(version_flags)" \
      -o "$NEW_TEMP/$program" "$(package_of "$program")" ||
      die "$program could not be built." "" "hint: is the Go module proxy ($("$go" env GOPROXY)) reachable?"
    keep_temp "$NEW_TEMP/$program" "$folder/$program"
  done
  rm -rf -- "$NEW_TEMP"
}

# ensure_built FOLDER PROGRAM...
ensure_built() {
  local folder=$1 program go needed=()
  shift
  for program in "$@"; do [[ -x $folder/$program ]] || needed+=("$program"); done
  if ((${#needed[@]} == 0)); then return; fi
  go=$("$HERE/get-go.sh")
  with_lock control-plane "the Kubernetes control plane" build "$go" "$folder" "${needed[@]}"
}

# ---------------------------------------------------------------- beside an existing KUBEBUILDER_ASSETS

# compose ASSETS BUILT FOLDER
compose() {
  local assets=$1 built=$2 folder=$3 program
  [[ ! -d $folder ]] || return 0
  new_temp control-plane
  for program in "${PROGRAMS[@]}"; do
    if [[ -x $assets/$program ]]; then ln -s "$assets/$program" "$NEW_TEMP/$program"; else ln -s "$built/$program" "$NEW_TEMP/$program"; fi
  done
  keep_temp "$NEW_TEMP" "$folder"
}

# ---------------------------------------------------------------- main

main() {
  local built assets folder missing=()
  built=$(built_folder)
  if [[ -z ${KUBEBUILDER_ASSETS:-} ]]; then
    ensure_built "$built" "${PROGRAMS[@]}"
    printf '%s\n' "$built"
    return
  fi

  assets=$(cd "$KUBEBUILDER_ASSETS" 2>/dev/null && pwd) || die "KUBEBUILDER_ASSETS is $KUBEBUILDER_ASSETS, which is no folder." "" \
    "hint: unset it to have the control plane built into the cache."
  mapfile -t missing < <(missing_from "$assets")
  if ((${#missing[@]} == 0)); then
    printf '%s\n' "$assets"
    return
  fi
  say "KUBEBUILDER_ASSETS has no ${missing[*]}: this project's own build ($KUBERNETES) is used for it."
  ensure_built "$built" "${missing[@]}"
  folder="$(cache_root)/control-plane/with-$(printf '%s\n' "$assets" "$built" "${missing[@]}" | sha256sum | cut -c 1-16)"
  [[ -d $folder ]] || with_lock control-plane "the Kubernetes control plane" compose "$assets" "$built" "$folder"
  printf '%s\n' "$folder"
}

main "$@"

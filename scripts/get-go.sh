#!/usr/bin/env bash
# Prints the path of a Go command of at least 1.21: the one on PATH, or Debian
# unstable's, unpacked once into the cache. 1.21 is enough because a Go of that
# age fetches the release that go.mod asks for by itself (GOTOOLCHAIN=auto).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"

new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 21))
}

# Debian's Go is linked statically: it runs from any folder without its loader.
unpacked_go() {
  local go found=
  for go in "$(cache_root)"/go/*/root/usr/lib/go-1.*/bin/go; do
    if [[ -x $go ]]; then found=$(printf '%s\n' "$found" "$go" | sort -V | tail -n 1); fi
  done
  printf '%s\n' "$found"
}

unpack() {
  [[ -z $(unpacked_go) ]] || return 0
  local go
  new_temp go
  debian_unpack "downloading and unpacking Go (80 MB, once)" "$NEW_TEMP/root" golang-go
  rm -f "$NEW_TEMP/root.log"
  go=$(echo "$NEW_TEMP"/root/usr/lib/go-1.*/bin/go)
  new_enough "$go" || die "the Go unpacked from Debian $DEBIAN_SUITE does not run here." "" "hint: install Go 1.21 or newer so that 'go' is on PATH."
  keep_temp "$NEW_TEMP" "$(cache_root)/go/$("$go" env GOVERSION)-$(uname -m)"
}

main() {
  local go
  go=$(command -v go || true)
  if [[ -n $go ]] && new_enough "$go"; then
    printf '%s\n' "$go"
    return
  fi
  go=$(unpacked_go)
  if [[ -z $go ]]; then
    has_apt || die "Go 1.21 or newer is needed to build the Kubernetes control plane, and there is no apt-get to unpack one with." "" \
      "hint: install Go with this system's package manager (Debian and Ubuntu: apt-get install golang-go, macOS: brew install go)," \
      "or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager and kubectl."
    with_lock go "Go" unpack
    go=$(unpacked_go)
  fi
  printf '%s\n' "$go"
}

main "$@"

#!/usr/bin/env bash
# Prints a folder with the custom resource definitions of the projects that the
# chart can work with (Prometheus Operator, cert-manager, Gateway API, Cilium),
# one subfolder each. They come out of those projects' Go modules, whose contents
# are compared with the sums below; none is part of this repository.
#
#   TABLEWRIGHT_FOREIGN_CRDS   is used as it is when it is set
#   otherwise                  they are copied into the cache, once
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

# name|module|sum, as in a go.sum|files within the module
MODULES='prometheus-operator|github.com/prometheus-operator/prometheus-operator@v0.85.0|h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=|example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,podmonitors,prometheusrules}.yaml
cert-manager|github.com/cert-manager/cert-manager@v1.21.2|h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=|deploy/crds/cert-manager.io_{certificates,issuers,clusterissuers}.yaml
gateway-api|sigs.k8s.io/gateway-api@v1.7.0|h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=|config/crd/standard/gateway.networking.k8s.io_{gateways,httproutes}.yaml
cilium|github.com/cilium/cilium@v1.20.2|h1:dqiEGIcXc+gqCLYG/l7VCFJ8GHyb4HUrwbZOpkX5dL8=|pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml'

# Named by everything that decides its content.
folder() { printf '%s/foreign-crds/%s\n' "$(cache_root)" "$(printf '%s\n' "$MODULES" | sha256sum | cut -c 1-12)"; }

# field JSON NAME
field() { sed -n "s/^[[:space:]]*\"$2\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p" "$1"; }

# copy GO FOLDER
copy() {
  local go=$1 name module sum files directory got file
  # Another run may have finished it while this one waited for the lock.
  [[ ! -d $2 ]] || return 0
  new_temp foreign-crds
  while IFS='|' read -r name module sum files; do
    # GOTOOLCHAIN: an older Go fetches the release that a module asks for.
    run_logged "fetching the kinds of $name (${module##*@}, once)" "$NEW_TEMP/$name.json" \
      env -C "$NEW_TEMP" GOTOOLCHAIN=auto GOWORK=off GOFLAGS=-mod=mod "$go" mod download -json "$module" ||
      die "$module could not be fetched." "" "hint: is the Go module proxy ($("$go" env GOPROXY)) reachable?"
    got=$(field "$NEW_TEMP/$name.json" Sum)
    directory=$(field "$NEW_TEMP/$name.json" Dir)
    [[ $got == "$sum" ]] || die "$module is not what it was: its sum is $got, expected $sum."
    mkdir -p "$NEW_TEMP/folder/$name"
    for file in $(brace "$files"); do cp -- "$directory/$file" "$NEW_TEMP/folder/$name/"; done
  done <<<"$MODULES"
  chmod -R u+w "$NEW_TEMP/folder"
  keep_temp "$NEW_TEMP/folder" "$2"
}

# brace 'a_{b,c}.d': a_b.d and a_c.d, a line each.
brace() {
  local before=${1%%\{*} inside after part
  if [[ $1 != *\{* ]]; then
    printf '%s\n' "$1"
    return
  fi
  inside=${1#*\{}
  after=${inside#*\}}
  inside=${inside%%\}*}
  for part in ${inside//,/ }; do printf '%s%s%s\n' "$before" "$part" "$after"; done
}

main() {
  local folder go
  if [[ -n ${TABLEWRIGHT_FOREIGN_CRDS:-} ]]; then
    [[ -d $TABLEWRIGHT_FOREIGN_CRDS ]] || die "TABLEWRIGHT_FOREIGN_CRDS is $TABLEWRIGHT_FOREIGN_CRDS, which is no folder." "" "hint: unset it to have them fetched into the cache."
    printf '%s\n' "$TABLEWRIGHT_FOREIGN_CRDS"
    return
  fi
  folder=$(folder)
  if [[ ! -d $folder ]]; then
    go=$("$HERE/get-go.sh")
    with_lock foreign-crds "the kinds of other projects" copy "$go" "$folder"
  fi
  printf '%s\n' "$folder"
}

main "$@"

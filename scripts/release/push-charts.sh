#!/usr/bin/env bash
# Packs both charts and pushes them to an OCI registry. stdout: what can be signed, one REGISTRY/PATH/NAME@sha256:... a line.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/../lib.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/release/push-charts.sh VERSION REGISTRY/PATH [--plain-http]

HELM   the helm to use (default: the one on PATH), already logged in
USAGE
  exit 64
}

(($# == 2)) || [[ $# == 3 && $3 == --plain-http ]] || usage
VERSION=$1 TARGET=$2
shift 2
HELM=${HELM:-helm}
need "$HELM" "https://helm.sh/docs/intro/install"
new=$(mktemp -d)
TEMP_PATHS+=("$new")

for chart in tablewright-crds tablewright; do
  "$HELM" package "$HERE/../../charts/$chart" --destination "$new" >/dev/null
  # helm names the package after the version that the chart says; another one was not meant.
  package=$new/$chart-$VERSION.tgz
  [[ -f $package ]] || die "the chart $chart is not of version $VERSION." "" "hint: scripts/release/version.sh check v$VERSION"
  said=$("$HELM" push "$package" "oci://$TARGET" "$@" 2>&1) || die "$chart could not be pushed to $TARGET:" "$said"
  digest=$(sed -nE 's/^Digest: (sha256:[0-9a-f]{64})$/\1/p' <<<"$said")
  [[ -n $digest ]] || die "helm does not say which digest $chart has:" "$said"
  printf '%s/%s@%s\n' "$TARGET" "$chart" "$digest"
done

#!/usr/bin/env bash
# The version of a release: one in the tag, the package, both charts and the plain manifests.
set -euo pipefail
ROOT=${TABLEWRIGHT_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/release/version.sh check TAG     prints the version of the tag vX.Y.Z, if everything has it
       scripts/release/version.sh set X.Y.Z     writes it everywhere, and gives what is Unreleased in CHANGELOG.md its heading

TABLEWRIGHT_ROOT   the checkout (default: the one that this script is in)
USAGE
  exit 64
}

SEMVER='^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$'

# file|the line before, where it takes that to know the right one|what stands before the version|what stands behind it
PLACES='Cargo.toml||version = "|"
Cargo.lock|name = "tablewright"|version = "|"
fuzz/Cargo.lock|name = "tablewright"|version = "|"
charts/tablewright-crds/Chart.yaml||version: |
charts/tablewright-crds/Chart.yaml||appVersion: |
charts/tablewright/Chart.yaml||version: |
charts/tablewright/Chart.yaml||appVersion: |
config/default/deployment.yaml||        image: "ghcr\.io/tablewright/tablewright:|"'

each_place() {
  local file line before behind
  while IFS='|' read -r file line before behind; do "$1" "$ROOT/$file" "$line" "$before" "$behind"; done <<<"$PLACES"
}

# on_place LINE COMMAND: a sed program that runs the command on lines like that, or on those after a line like that.
on_place() { if [[ -n $1 ]]; then printf '/^%s$/{n;%s}' "$1" "$2"; else printf '%s' "$2"; fi; }

wrong=0
compare() {
  local is
  is=$(sed -nE "$(on_place "$2" "s|^$3(.*)$4\$|\1|p")" "$1")
  [[ $is == "$version" ]] && return
  say "error: $1 has version '$is', and the release is $version."
  wrong=1
}

check() {
  local tag=$1
  version=${tag#v}
  [[ $tag == v* && $version =~ $SEMVER ]] || die "the tag '$tag' is not of the form v1.2.3."
  each_place compare
  ((wrong == 0)) || die "the versions differ." "" "hint: scripts/release/version.sh set $version, commit, and tag that commit"
  grep -qF "## $version" "$ROOT/CHANGELOG.md" || die "CHANGELOG.md has no heading '## $version'." "" \
    "hint: scripts/release/version.sh set $version writes it"
  printf '%s\n' "$version"
}

replace() { sed -i -E "$(on_place "$2" "s|^($3).*($4)\$|\1$version\2|")" "$1"; }

set_version() {
  version=$1
  [[ $version =~ $SEMVER ]] || die "'$version' is not of the form 1.2.3."
  each_place replace
  each_place compare
  ((wrong == 0)) || die "the version could not be written everywhere." "" "hint: PLACES in $0 says where it is expected"
  if ! grep -qF "## $version" "$ROOT/CHANGELOG.md"; then
    sed -i "s/^## Unreleased\$/## Unreleased\n\n## $version/" "$ROOT/CHANGELOG.md"
  fi
}

case ${1-} in
  check) (($# == 2)) || usage; check "$2" ;;
  set) (($# == 2)) || usage; set_version "$2" ;;
  *) usage ;;
esac

#!/usr/bin/env bash
# Prints the path of an OpenTelemetry collector that takes OTLP over HTTP and writes what it gets to a file as JSON:
# what the tests send traces to.
#
#   TABLEWRIGHT_OTEL_COLLECTOR   the one to use (the collector of "contrib" has both parts)
#   otherwise one is built from the Go modules that otel-collector/go.mod pins, once, into the cache.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

MODULE=$HERE/otel-collector

# Raised when the flags of the build change.
RECIPE=1

# Named by everything that decides its content.
built() {
  local hash
  hash=$({ printf '%s\n' "$RECIPE"; cat "$MODULE"/main.go "$MODULE/go.mod" "$MODULE/go.sum"; } | sha256sum | cut -c 1-12)
  printf '%s/otel-collector/%s-%s/otel-collector\n' "$(cache_root)" "$(uname -m)" "$hash"
}

# build GO PROGRAM
build() {
  local go=$1 program=$2
  # Another run may have finished it while this one waited for the lock.
  [[ ! -x $program ]] || return 0
  new_temp otel-collector
  # GOTOOLCHAIN: an older Go fetches the release that go.mod asks for.
  # GOWORK, -mod: the go.mod beside this script decides, nothing around it.
  run_logged "building the OpenTelemetry collector (once)" "$NEW_TEMP/build.log" \
    env -C "$MODULE" GOTMPDIR="$NEW_TEMP" CGO_ENABLED=0 GOTOOLCHAIN=auto GOWORK=off \
    "$go" build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$NEW_TEMP/otel-collector" . ||
    die "the OpenTelemetry collector could not be built." "" "hint: is the Go module proxy ($("$go" env GOPROXY)) reachable?"
  keep_temp "$NEW_TEMP/otel-collector" "$program"
  rm -rf -- "$NEW_TEMP"
}

main() {
  local program
  if [[ -n ${TABLEWRIGHT_OTEL_COLLECTOR:-} ]]; then
    [[ -x $TABLEWRIGHT_OTEL_COLLECTOR ]] ||
      die "TABLEWRIGHT_OTEL_COLLECTOR is $TABLEWRIGHT_OTEL_COLLECTOR, which is no program." "" "hint: unset it to have one built into the cache."
    printf '%s\n' "$TABLEWRIGHT_OTEL_COLLECTOR"
    return
  fi
  program=$(built)
  [[ -x $program ]] || with_lock otel-collector "the OpenTelemetry collector" build "$("$HERE/get-go.sh")" "$program"
  printf '%s\n' "$program"
}

main "$@"

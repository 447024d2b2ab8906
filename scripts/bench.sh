#!/usr/bin/env bash
# Speed and memory against a floor in the same run; arguments choose parts:
# login (a session and a long message), plan, apply, rows, controller.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$HERE/.."
exec "$HERE/with-servers.sh" cargo bench --bench floor -- "$@"

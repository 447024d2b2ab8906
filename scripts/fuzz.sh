#!/usr/bin/env bash
# Fuzzes the SQL parser and the reader of manifests with libFuzzer, without a server:
# arbitrary bytes must cause no panic, no hang and no more than linear memory.
#
#   scripts/fuzz.sh sql|manifest [SECONDS]     (default: 600)
#
# Works with the stable compiler. What was found stands in fuzz/findings and makes
# the exit code 1; what was learnt on the way is kept in fuzz/corpus.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1-} seconds=${2-600}
case $target in
  sql | manifest) ;;
  *) die "usage: scripts/fuzz.sh sql|manifest [SECONDS]" ;;
esac

RUSTC_WRAPPER=$PWD/scripts/fuzz-rustc.sh cargo build --manifest-path fuzz/Cargo.toml --release --bin "$target"

seeds=fuzz/corpus/$target-seeds
mkdir -p "fuzz/corpus/$target" "$seeds" fuzz/findings
# A seed per file of the worked examples and cases.
find migrations-examples tests/cases tests/manifests -type f \( -name '*.sql' -o -name '*.yaml' \) -print0 |
  while IFS= read -r -d '' file; do cp "$file" "$seeds/$(printf '%s' "$file" | tr '/ ' '__')"; done
exec "fuzz/target/release/$target" "fuzz/corpus/$target" "$seeds" \
  -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -dict=fuzz/sql.dict \
  -artifact_prefix=fuzz/findings/ -print_final_stats=1

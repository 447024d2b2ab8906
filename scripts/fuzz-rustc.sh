#!/usr/bin/env bash
# Cargo's RUSTC_WRAPPER while fuzzing (fuzz.sh): only what reads the bytes is built
# with coverage, the other three hundred crates as always.
set -euo pipefail
rustc=$1
shift
case " $* " in
  *" --crate-name tablewright "* | *" --crate-name sql "* | *" --crate-name manifest "* | *" --crate-name granit_parser "*)
    # The flags of cargo-fuzz without those that need a nightly compiler.
    exec "$rustc" "$@" --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
      -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
      -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$rustc" "$@"

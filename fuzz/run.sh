#!/usr/bin/env bash
# Builds the fuzz targets, writes files to begin with, and runs the targets one after the other.
#
#   bash fuzz/run.sh                   # all of them, a minute each
#   bash fuzz/run.sh 600 import key    # two of them, ten minutes each
#
# Needs a C++ compiler and `cargo install cargo-fuzz --locked`.
set -euo pipefail
cd "$(dirname "$0")/.."

SECONDS_EACH=${1:-60}
[ $# = 0 ] || shift
# The sanitizers ask for a nightly compiler, or for this.
export RUSTC_BOOTSTRAP=1

cargo build --release --locked --package hallmark
python3 fuzz/seeds.py "${CARGO_TARGET_DIR:-target}/release/hallmark"
# What is searched are the versions that are shipped.
cp Cargo.lock fuzz/Cargo.lock
cargo fuzz build
for target in ${*:-$(cargo fuzz list)}; do
    printf '\n=== %s\n' "$target"
    cargo fuzz run "$target" -- -max_total_time="$SECONDS_EACH" -timeout=25 -rss_limit_mb=2048 -max_len=65536
done

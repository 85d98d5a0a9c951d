#!/usr/bin/env bash
# Load on the service: clients that submit and poll, verifications, processes killed at random, one worker and two; writes
# docs/service/figures.md.
#
#   bash benches/service/run.sh [CLIENTS] [SECONDS] [KILLS]
#
# Run it on a quiet machine: server, worker and clients share its processors. Takes about six minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
clients=${1:-200}
seconds=${2:-60}
kills=${3:-50}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked --quiet
cargo build --release --locked --quiet --workspace --example service_load
cargo test --release --locked --quiet --workspace --test kills --test rate --no-run

folder=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
load=$(cut -d' ' -f1 /proc/loadavg)
"$target/release/hallmark" --json serve --data "$folder/data" --bind 127.0.0.1:0 \
    --set access.anonymous_rate_per_minute=100000000 >"$folder/started" 2>"$folder/log" &
server=$!
for _ in $(seq 600); do
    url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$folder/started")
    if [ -n "$url" ] && python3 -c "import json, sys, urllib.request as r; sys.exit(not json.load(r.urlopen('${url}v1/models'))['items'])"; then
        break
    fi
    sleep 0.1
done
"$target/release/examples/service_load" "$url" "$clients" "$seconds" >"$folder/result"
kill "$server" && wait "$server" || true
server=
KILLS=$kills cargo test --release --locked --quiet --workspace --test kills -- --nocapture --test-threads 1 | tee "$folder/kills"
cargo test --release --locked --quiet --workspace --test rate -- --ignored --nocapture | tee "$folder/rate"
python3 benches/service/figures.py "$folder" "$load" docs/service/figures.md

#!/usr/bin/env bash
# Load on the service: clients that submit and poll, then verifications; writes docs/service/figures.md.
#
#   bash benches/service/run.sh [CLIENTS] [SECONDS]
#
# Run it on a quiet machine: server, worker and clients share its processors.
set -euo pipefail
cd "$(dirname "$0")/../.."
clients=${1:-200}
seconds=${2:-60}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked --quiet
cargo build --release --locked --quiet --workspace --example service_load

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
python3 benches/service/figures.py "$folder/result" "$load" docs/service/figures.md

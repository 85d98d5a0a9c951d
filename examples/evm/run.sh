#!/usr/bin/env bash
# Runs the example against a local node: needs Node.js 20.11 or later, Python 3 and a built `hallmark`.
#
#   bash examples/evm/run.sh [path of hallmark]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
HALLMARK=$(realpath "${1:-$here/../../target/release/hallmark}")
cd "$here"
WORK=$(mktemp -d)
node=
cleanup() {
    if [ -n "$node" ]; then kill "$node" 2>/dev/null || true; fi
    rm -rf "$WORK"
}
trap cleanup EXIT

npm ci --no-audit --no-fund --loglevel=error
npm run --silent check
PORT=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
HARDHAT_DISABLE_TELEMETRY_PROMPT=true node_modules/.bin/hardhat node --hostname 127.0.0.1 --port "$PORT" >"$WORK/node.log" 2>&1 &
node=$!
for _ in $(seq 100); do
    if grep -q "Started HTTP" "$WORK/node.log"; then break; fi
    if ! kill -0 "$node" 2>/dev/null; then
        cat "$WORK/node.log" >&2
        exit 1
    fi
    sleep 0.2
done

# The first image of the digits' test set.
python3 - "$WORK/input.json" <<'END'
import ast
import json
import struct
import sys
import zipfile

data = zipfile.ZipFile("../digits/test.npz").read("image.npy")
(length,) = struct.unpack("<H", data[8:10])
shape = ast.literal_eval(data[10 : 10 + length].decode())["shape"]
count = 1
for axis in shape[1:]:
    count *= axis
image = struct.unpack(f"<{count}f", data[10 + length : 10 + length + 4 * count])
json.dump({"input_data": [image], "input_shapes": [[1, *shape[1:]]]}, open(sys.argv[1], "w"))
END
"$HALLMARK" --quiet compile ../digits/cnn.onnx --calibration ../digits/calibration.npz --target evm --name cnn -o "$WORK/model" >/dev/null
# The script that Hallmark writes finds viem from its own folder upwards.
ln -s "$PWD/node_modules" "$WORK/node_modules"
HALLMARK=$HALLMARK RPC_URL=http://127.0.0.1:$PORT WORK=$WORK npm run --silent bounty

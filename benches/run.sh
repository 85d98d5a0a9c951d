#!/usr/bin/env bash
# Measures the example and benchmark models with `hallmark bench` and writes the tables of docs/benchmarks.md and README.md.
#
#   bash benches/run.sh              # everything, about a quarter of an hour on two cores
#   REPEATS=1 bash benches/run.sh    # quicker and noisier
#   MODELS="mlp_50k cnn_62k" KINDS=fast-own bash benches/run.sh --print    # only print, change no file
#
# Needs Python 3 with venv. Every configuration runs in REPEATS processes of RUNS proofs each; the process with the least
# median proving time counts, with all its figures.
set -euo pipefail
cd "$(dirname "$0")/.."

REPEATS=${REPEATS:-3}
RUNS=${RUNS:-3}
# Target and engine.
KINDS=${KINDS:-fast-own fast-stock evm-own}
MODELS=${MODELS:-digits_mlp digits_cnn mlp_50k cnn_62k cnn_264k mlp_4m}
WORK=${CARGO_TARGET_DIR:-target}/benchmarks

cargo build --release --locked
HALLMARK=${CARGO_TARGET_DIR:-target}/release/hallmark
mkdir -p "$WORK"
if [ ! -x "$WORK/venv/bin/python" ]; then
    python3 -m venv "$WORK/venv"
    "$WORK/venv/bin/pip" install --quiet --requirement benches/models/requirements.txt
fi
"$WORK/venv/bin/python" benches/models/make_models.py "$WORK/models"

results=$WORK/results.jsonl
: > "$results"
# The load average that the machine had before each run: more than the number of cores, and times are too long.
loads=
for kind in $KINDS; do
    for model in $MODELS; do
        case $model in
            digits_*) onnx=examples/digits/${model#digits_}.onnx input=examples/digits/test.npz ;;
            *) onnx=$WORK/models/$model/network.onnx input=$WORK/models/$model/input.json ;;
        esac
        for _ in $(seq "$REPEATS"); do
            load=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || true)
            loads="$loads $load"
            echo "$model, $kind, load ${load:-unknown}" >&2
            "$HALLMARK" --quiet --json --cache "$WORK/cache" bench "$onnx" --input "$input" --name "$model" \
                --target "${kind%-*}" --engine "${kind#*-}" --runs "$RUNS" >> "$results"
        done
    done
done
LOADS=$loads "$WORK/venv/bin/python" benches/table.py "$results" "$@"

#!/usr/bin/env bash
# Measures the example and benchmark models with `hallmark bench` and writes the tables of docs/benchmarks.md and README.md.
#
#   bash benches/run.sh              # everything, about a quarter of an hour on two cores
#   REPEATS=1 bash benches/run.sh    # quicker and noisier
#   bash benches/run.sh build        # its three steps one by one: the program and the models,
#   KINDS=fast-stock MODELS=mlp_4m bash benches/run.sh measure    # figures, added to those that there are,
#   bash benches/run.sh tables       # the tables; `tables --print` shows them and changes no file
#   bash benches/run.sh deep         # the deep networks (benches/models/fetch.py gets them), and the table of them; a few minutes
#   DEEP="embedding iclabel" bash benches/run.sh deep
#
# Needs Python 3 with venv. Every configuration runs in REPEATS processes of RUNS proofs each; the process with the least
# median proving time counts, with all its figures.
set -euo pipefail
cd "$(dirname "$0")/.."

REPEATS=${REPEATS:-3}
RUNS=${RUNS:-3}
# Target and engine; with other arithmetic; with one thread; with batches of inputs.
KINDS=${KINDS:-fast-own fast-stock evm-own fast-portable fast-one fast-batch4 fast-batch16 fast-batch64}
MODELS=${MODELS:-digits_mlp digits_cnn mlp_50k cnn_62k cnn_264k mlp_4m}
DEEP=${DEEP:-profanity embedding direction iclabel age_gender recognition}
WORK=${CARGO_TARGET_DIR:-target}/benchmarks
HALLMARK=${CARGO_TARGET_DIR:-target}/release/hallmark
results=$WORK/results.jsonl

program() {
    cargo build --release --locked
    mkdir -p "$WORK"
    [ -x "$WORK/venv/bin/python" ] || python3 -m venv "$WORK/venv"
    "$WORK/venv/bin/pip" install --quiet --disable-pip-version-check --requirement benches/models/requirements.txt
}

build() {
    program
    "$WORK/venv/bin/python" benches/models/make_models.py "$WORK/models"
    : > "$results"
}

# The options of a kind.
options() {
    case $1 in
        fast-own) ;;
        fast-stock) echo --engine stock ;;
        evm-own) echo --target evm ;;
        fast-portable) echo --kernels portable ;;
        fast-one) echo --threads 1 ;;
        fast-batch*) echo --batch "${1#fast-batch}" ;;
        *) echo "unknown kind $1" >&2; exit 2 ;;
    esac
}

measure() {
    for kind in $KINDS; do
        for model in $MODELS; do
            case $model in
                digits_*) onnx=examples/digits/${model#digits_}.onnx input=examples/digits/test.npz ;;
                *) onnx=$WORK/models/$model/network.onnx input=$WORK/models/$model/input.json ;;
            esac
            for _ in $(seq "$REPEATS"); do
                # What the machine had to do before: more than the number of cores, and times are too long.
                load=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || true)
                echo "$model, $kind, load ${load:-unknown}" >&2
                # shellcheck disable=SC2046 # options are words
                figures=$("$HALLMARK" --quiet --json --cache "$WORK/cache" bench "$onnx" --input "$input" --name "$model" \
                    --runs "$RUNS" $(options "$kind"))
                printf '{"kind":"%s","load":%s,"figures":%s}\n' "$kind" "${load:-null}" "$figures" >> "$results"
            done
        done
    done
}

# One process of RUNS proofs each: what a process takes from one time to the next differs less than what networks take.
deep() {
    program
    # shellcheck disable=SC2086 # names are words
    "$WORK/venv/bin/python" benches/models/fetch.py "$WORK/deep" $DEEP
    : > "$WORK/deep.jsonl"
    for model in $DEEP; do
        load=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || true)
        echo "$model, load ${load:-unknown}" >&2
        figures=$("$HALLMARK" --quiet --json --cache "$WORK/cache" bench "$WORK/deep/$model/network.onnx" \
            --input "$WORK/deep/$model/input.npz" --name "$model" --runs "$RUNS")
        origin=$(cat "$WORK/deep/$model/origin.txt")
        printf '{"origin":"%s","load":%s,"figures":%s}\n' "$origin" "${load:-null}" "$figures" >> "$WORK/deep.jsonl"
    done
}

step=${1:-all}
[ $# = 0 ] || shift
case $step in
    all) build; measure; "$WORK/venv/bin/python" benches/table.py "$results" ;;
    build) build ;;
    measure) measure ;;
    tables) "$WORK/venv/bin/python" benches/table.py "$results" "$@" ;;
    deep) deep; "$WORK/venv/bin/python" benches/table.py --deep "$WORK/deep.jsonl" "$@" ;;
    *) echo "steps are build, measure, tables and deep, not $step" >&2; exit 2 ;;
esac

#!/usr/bin/env python3
"""Writes the tables of docs/benchmarks.md and README.md from the output of benches/run.sh; --print only shows them.

    table.py RESULTS [--print]
    table.py --deep RESULTS [--print]     # of the deep networks
"""

import datetime
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# As run.sh has them. Each of these is a table.
KINDS = ("fast-own", "fast-stock", "evm-own")
# These are columns of one.
VARIANTS = ("fast-portable", "fast-one")
BATCHES = ("fast-batch4", "fast-batch16", "fast-batch64")
# ezkl 23.0.5 on a machine of two cores: (proving time, peak memory, setup time).
EZKL = {
    "mlp_50k": ("12.4 s", "658 MB", "9.3 s"),
    "cnn_62k": ("241 s", "9.6 GB", "170 s"),
    "cnn_264k": ("does not fit", "–", "–"),
    "mlp_4m": ("does not fit", "–", "–"),
}


def time(ms):
    if ms is None:
        return "–"
    if ms < 10:
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def size(amount):
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if amount >= least:
            return f"{amount / least:.1f} {unit}" if amount < 100 * least else f"{amount / least:.0f} {unit}"
    return f"{amount} B"


def memory(megabytes):
    return "–" if megabytes is None else size(megabytes * 1e6)


def best(path):
    """The least median proving time of every kind ("fast-own") and model, in the order of the file; and all loads."""
    kept = {kind: {} for kind in KINDS + VARIANTS + BATCHES}
    loads = []
    for line in Path(path).read_text().splitlines():
        measured = json.loads(line)
        rows, row = kept[measured["kind"]], measured["figures"]
        loads += [measured["load"]] if measured["load"] is not None else []
        if row["model"] not in rows or row["prove_ms"] < rows[row["model"]]["prove_ms"]:
            rows[row["model"]] = row
    return kept, sorted(loads)


def table(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def floor(row):
    """The floor, and how many times as long a proof takes."""
    measured = row.get("floor")
    return [time(measured["floor_ms"]), f"{measured['prove_over_floor']:.2f}"] if measured else ["–", "–"]


def full(rows):
    head = ["model", "parameters", "k", "advice", "fixed", "compile", "keys", "prepare", "witness", "prove", "floor"]
    head += ["× floor", "verify", "proof", "verifying key", "proving key", "peak memory", "largest error", "same arg-max"]
    return table(
        head,
        [
            [f"{r['model']}", f"{r['params']:,}", r["k"], r["advice_columns"], r["fixed_columns"]]
            + [time(r[f"{step}_ms"]) for step in ("compile", "keygen", "prepare", "witness", "prove")]
            + floor(r)
            + [time(r["verify_ms"])]
            + [size(r[f"{what}_bytes"]) for what in ("proof", "vk", "key")]
            + [memory(r["peak_rss_mb"]), f"{r['max_abs_error']:.4f}", "yes" if r["argmax_match"] else "no"]
            for r in rows
        ],
    )


def compared(own, stock):
    head = ["model", "parameters", "k, columns", "keys", "prove", "with the stock prover", "peak memory", "proof", "verify"]
    head += ["ezkl: setup", "prove", "peak memory"]
    lines = []
    for model, r in own.items():
        prove, peak, setup = EZKL.get(model, ("–", "–", "–"))
        columns = f"{r['k']}, {r['advice_columns']} + {r['fixed_columns']}"
        other = stock.get(model)
        lines.append(
            [model, f"{r['params']:,}", columns, time(r["keygen_ms"]), f"**{time(r['prove_ms'])}**"]
            + [f"{time(other['prove_ms'])}, {memory(other['peak_rss_mb'])}" if other else "–"]
            + [memory(r["peak_rss_mb"]), size(r["proof_bytes"]), time(r["verify_ms"]), setup, prove, peak]
        )
    return table(head, lines)


def ratios(kinds):
    """The engine against the stock prover, other arithmetic, fewer threads, key generation and the estimate of memory."""
    head = ["model", "prove", "stock", "stock over own", "portable", "stock over portable", "one thread", "one over two"]
    head += ["keys over proof", "proving: peak memory", "expected", "expected over measured"]
    lines = []
    for model, r in kinds["fast-own"].items():
        stock, portable, one = (kinds[kind].get(model) for kind in ("fast-stock", "fast-portable", "fast-one"))
        if not (stock and portable and one):
            continue
        over = lambda a, b: f"{a['prove_ms'] / b['prove_ms']:.1f}"
        lines.append(
            [model, time(r["prove_ms"]), time(stock["prove_ms"]), over(stock, r), time(portable["prove_ms"])]
            + [over(stock, portable), time(one["prove_ms"]), f"{one['prove_ms'] / r['prove_ms']:.2f}"]
            + [f"{r['keygen_ms'] / r['prove_ms']:.1f}", memory(r["prove_peak_rss_mb"]), memory(r["expected_rss_mb"])]
            + [f"{r['expected_rss_mb'] / r['prove_peak_rss_mb']:.2f}"]
        )
    return table(head, lines)


def batches(kinds):
    head = ["model", "inputs", "k, columns", "keys", "prove", "per input", "peak memory", "proof", "per input", "verify"]
    lines = []
    for model in kinds["fast-own"]:
        for kind in ("fast-own",) + BATCHES:
            r = kinds[kind].get(model)
            if r is None:
                continue
            count, columns = r["executions"], f"{r['k']}, {r['advice_columns']} + {r['fixed_columns']}"
            lines.append(
                [model, count, columns, time(r["keygen_ms"]), time(r["prove_ms"]), time(r["prove_ms"] / count)]
                + [memory(r["peak_rss_mb"]), size(r["proof_bytes"]), size(round(r["proof_bytes"] / count))]
                + [time(r["verify_ms"])]
            )
    return table(head, lines)


def deep(lines):
    head = ["network", "from", "parameters", "k, columns", "plan and keys", "prove", "processor", "floor", "× floor"]
    head += ["peak memory", "proof", "verify"]
    rows = []
    for line in lines:
        r = line["figures"]
        rows.append(
            [r["model"], line["origin"], f"{r['params']:,}", f"{r['k']}, {r['advice_columns']} + {r['fixed_columns']}"]
            + [time(r["compile_ms"] + r["keygen_ms"]), time(r["prove_ms"]), time(r["processor_ms"])]
            + floor(r)
            + [memory(r["peak_rss_mb"]), size(r["proof_bytes"]), time(r["verify_ms"])]
        )
    return table(head, rows)


def distances(lines):
    """Of each network what a proof has beyond the floor."""
    items = []
    for line in lines:
        r = line["figures"]
        if not r["floor"]:
            continue
        beyond = r["floor"]["beyond"]
        kinds = [f"{k['columns']:.1f} of {k['name']} ({100 * k['filled']:.0f} % full)" for k in beyond["empty"]]
        full_columns = r["floor"]["small_columns"] + r["floor"]["full_columns"]
        items.append(
            f"- **{r['model']}**: {full_columns} columns if all were full. Empty are, in columns: {', '.join(kinds) or 'none'}. "
            f"Besides: {beyond['fixed_columns']} fixed columns, {beyond['grand_products']} grand products, "
            f"{beyond['permutation_polynomials']} permutation polynomials."
        )
    return "\n".join(items)


def write_deep(path, only_print):
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    if not lines:
        sys.exit("no figures")
    loads = sorted(line["load"] for line in lines if line["load"] is not None)
    text = f"{machine(lines[0]['figures'], loads)}\n\n{deep(lines)}\n\n{distances(lines)}"
    if only_print:
        print(text)
    else:
        replace(ROOT / "docs" / "benchmarks.md", "deep", text)


def machine(row, loads):
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        flags = ""
    vectors = "with AVX-512 IFMA" if "avx512ifma" in flags else "without AVX-512 IFMA"
    day = datetime.date.today().isoformat()
    load = f" Load average before the runs: {loads[0]} to {loads[-1]}." if loads else ""
    if loads and loads[-1] > 1.5 * row["threads"]:
        load += " The machine had other work to do: times are too long, except those of the processor."
    return f"Measured {day} on {row['machine'].strip()}, {row['threads']} threads, {vectors}.{load}"


def replace(path, name, text):
    """Puts `text` between the markers `<!-- name -->` and `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    old = path.read_text()
    if begin not in old or end not in old:
        sys.exit(f"{path}: no markers for {name}")
    before, rest = old.split(begin, 1)
    path.write_text(before + begin + text + "\n" + end + rest.split(end, 1)[1])


def main():
    if sys.argv[1] == "--deep":
        write_deep(sys.argv[2], "--print" in sys.argv[3:])
        return
    kinds, loads = best(sys.argv[1])
    rows = [row for models in kinds.values() for row in models.values()]
    if not rows:
        sys.exit("no figures")
    where = machine(rows[0], loads)
    if "--print" in sys.argv[2:]:
        print(where, *(f"\n{kind}\n{full(kinds[kind].values())}" for kind in KINDS if kinds[kind]), sep="\n")
        print("", ratios(kinds), "", batches(kinds), sep="\n")
        return
    missing = [kind for kind, models in kinds.items() if not models]
    if missing:
        sys.exit(f"no figures for {missing}: measure them, or see what there is with --print")
    page = ROOT / "docs" / "benchmarks.md"
    replace(page, "machine", where)
    for kind in KINDS:
        replace(page, kind, full(kinds[kind].values()))
    replace(page, "ratios", ratios(kinds))
    replace(page, "batches", batches(kinds))
    replace(ROOT / "README.md", "figures", compared(kinds["fast-own"], kinds["fast-stock"]))
    replace(ROOT / "README.md", "machine", where)


if __name__ == "__main__":
    main()

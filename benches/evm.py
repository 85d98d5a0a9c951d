#!/usr/bin/env python3
"""Writes the tables of docs/evm.md from what `benches/examples/evm_report.rs` measures.

    python3 benches/evm.py            # `--print` shows the tables and changes no file
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "evm.md"
PARTS = ["calldata", "key", "transcript", "evaluations", "msm", "pairing"]


def table(head, rows):
    """A table in Markdown; all columns but the first are numbers or short words."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def gas_table(report):
    head = ["model", "target", "inputs", "key in", "calldata bytes", "gas"]
    head += ["of which calldata", "key", "transcript", "evaluations", "points", "pairing"]
    rows = []
    for gas in report["gas"]:
        parts = [f"{gas['parts'][part]:,}" for part in PARTS]
        size = f"{gas['calldata_bytes']:,}"
        rows.append([gas["model"], gas["target"], gas["inputs"], gas["key"], size, f"**{gas['gas']:,}**", *parts])
    return table(head, rows)


def contract_table(report):
    rows = [[c["name"], f"{c['code_bytes']:,}", f"{c['deploy_gas']:,}"] for c in report["contracts"]]
    return table(["contract", "bytes of code (at most 24,576)", "gas to deploy"], rows)


def main():
    program = ["cargo", "run", "--release", "--quiet", "--package", "hallmark-benches", "--example", "evm_report"]
    printed = subprocess.run([*program, "--", "--parts"], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    report = json.loads(printed.stdout)
    if "--print" in sys.argv[1:]:
        print(gas_table(report), contract_table(report), sep="\n\n")
        return
    text = f"<!-- gas -->\n{gas_table(report)}\n\n{contract_table(report)}\n<!-- /gas -->"
    PAGE.write_text(re.sub(r"<!-- gas -->.*?<!-- /gas -->", lambda _: text, PAGE.read_text(), flags=re.S))


if __name__ == "__main__":
    main()

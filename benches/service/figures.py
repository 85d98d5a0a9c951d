"""Writes the page of the service's figures from what service_load and the tests printed into a folder."""

import json
import os
import sys
from datetime import date
from pathlib import Path

folder, load, page = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
result = json.loads((folder / "result").read_text())


def lines(name, word):
    """What a test printed about this word, as a list."""
    found = [line.strip() for line in (folder / name).read_text().splitlines() if word in line]
    if not found:
        sys.exit(f"{name}: nothing about {word}")
    return "\n".join(f"- {line[line.rfind('... ') + 4 :] if '... ' in line else line}" for line in found)


cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
names = {
    "submit": "`POST /v1/models/{id}/proofs`",
    "job": "`GET /v1/jobs/{id}`",
    "list": "`GET /v1/jobs`",
    "models": "`GET /v1/models`",
    "prediction": "`POST /v1/models/{id}/predictions`",
}
rows = [
    f"| {name} | {row['requests']} | {row['p50_ms']:.1f} ms | {row['p99_ms']:.1f} ms | {row['max_ms']:.1f} ms |"
    for key, name in names.items()
    if (row := result["latencies"].get(key))
]
page.write_text(f"""# Figures of the service

Written by `bash benches/service/run.sh`. Measured {date.today()} on {cpu}, {os.cpu_count()} threads; load average before the run
{load}. Server, one worker and all clients share the machine; SQLite and local files, every commit synced to disk.

## {result['clients']} clients that submit and poll

The clients begin one after the other within two seconds. Each has a digit proven, looks at the job every 250 ms until it is done, and begins again, for {result['seconds']:.0f} s with the jobs
that were left. Every accepted job was there once, done at the first attempt, with a receipt of its own: {result['proofs']} proofs,
{result['proofs_per_second']:.1f} a second.

| endpoint | requests | median | p99 | longest |
| --- | --: | --: | --: | --: |
{chr(10).join(rows)}

## Verifications

Of a proof of the digits network, over HTTP, while nothing is proven: {result['verifications_per_second']:.0f} a second one by one (8 connections),
{result['batched_verifications_per_second']:.0f} a second in batches of 64 (2 connections).

## Processes killed at random

With `kill -9`, the server, its workers and their children, one after the other every 0.1 to 1 seconds, while 6 clients have digits proven:

{lines("kills", " kills (")}

Afterwards the database holds exactly the accepted jobs, each ended once, with one receipt; every bundle that was downloaded was whole and valid.

## Two workers

On PostgreSQL, one thread and one core each, 150 proofs of a dense digits network, the best of three runs taken in turns:

{lines("rate", "two workers")}
""")

#!/usr/bin/env python3
"""Runs the examples of docs/service/ against a real server.

    python3 server/tests/docs.py BINARY        # such as target/release/hallmark

Blocks fenced `sh` of a page are one script, run in a folder of its own with URL, KEY, JOB and MODEL set; api.md is run as somebody does who has just started a
server and read nothing else, with URL alone, and twice. Blocks fenced `python` of python.md are run if the client can be imported. The server starts with an
empty data folder on a free port.
"""
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "service"
PATIENCE_S = 300


def blocks(page, language):
    """The blocks of a page in one language, joined."""
    text = page.read_text()
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def request(url, key, method="GET", body=None):
    """A request's JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "wait=60"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=120) as answer:
        return json.load(answer)


def digits(url, key):
    """The id of the model that every server registers at its first start."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        items = request(f"{url}/v1/models", key)["items"]
        if items:
            return items[0]["model_id"]
        time.sleep(1)
    sys.exit(f"the digits model was not registered within {PATIENCE_S} s")


def run(name, command, folder, environment, failures):
    """Runs a script of a page; says what it printed if it fails."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}")
    if done.returncode != 0:
        failures.append(name)
        print(done.stdout, done.stderr, sep="\n")


def examples(url, key, binary, folder):
    """Runs all pages' examples; gives the names of those that failed."""
    model = digits(url, key)
    image = {"input": [[[0.0] * 8] * 8]}
    job = request(f"{url}/v1/models/{model}/proofs", key, "POST", image)
    if job["state"] != "done":
        sys.exit(f"the proof for the examples is {job}")
    environment = {
        **os.environ,
        "URL": url,
        "KEY": key,
        "JOB": job["id"],
        "MODEL": model,
        "PATH": f"{binary.parent}:{os.environ['PATH']}",
    }
    failures = []
    for page in sorted(PAGES.glob("*.md")):
        script = blocks(page, "sh")
        if script:
            place = folder / page.stem
            shutil.copytree(ROOT / "examples" / "digits", place / "examples" / "digits")
            given = environment
            if page.name == "api.md":
                given = {name: value for name, value in environment.items() if name not in ("KEY", "JOB", "MODEL")}
            for _ in range(2 if page.name == "api.md" else 1):
                run(page.name, ["bash", "-eu", "-o", "pipefail", "-c", script], place, given, failures)
    if importlib.util.find_spec("hallmark") is None:
        print("python.md: SKIPPED, the client is not installed for this Python")
    else:
        place = folder / "python"
        shutil.copytree(ROOT / "examples" / "digits", place / "examples" / "digits", dirs_exist_ok=True)
        script = blocks(PAGES / "python.md", "python")
        run("python.md", [sys.executable, "-c", script], place, environment, failures)
    return failures


def main():
    """Starts the server, runs the examples, stops it."""
    binary = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = ["--data", str(folder / "data")]
        create = [binary, "--quiet", "--json", "keys", "create", "--init", "examples", *data]
        key = json.loads(subprocess.run(create, capture_output=True, check=True).stdout)["key"]
        with (folder / "log").open("w") as log:
            command = [binary, "--json", "serve", "--bind", "127.0.0.1:0", *data]
            server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = server.stdout.readline()
            if not line:
                sys.exit((folder / "log").read_text())
            failures = examples(json.loads(line)["url"].rstrip("/"), key, binary, folder)
        finally:
            server.terminate()
            server.wait(60)
    sys.exit(f"failed: {', '.join(failures)}" if failures else 0)


if __name__ == "__main__":
    main()

"""The service on an S3-compatible object store: what it stores there, and what happens when the store goes away.

    python server/tests/s3.py HALLMARK

Needs moto (`pip install 'moto[s3]' flask flask-cors`), whose server stands in for the store.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from socket import socket

BUCKET = "models"
WAIT_SECONDS = 90


def free_port():
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(attempt, what):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        try:
            if found := attempt():
                return found
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    sys.exit(f"{what}: not within {WAIT_SECONDS} seconds")


class Store:
    """An S3-compatible server in memory."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        program = Path(sys.executable).parent / "moto_server"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(self.port)], **quiet)
        put = urllib.request.Request(f"{self.url}/{BUCKET}", method="PUT")
        until(lambda: urllib.request.urlopen(put).status == 200, "the object store")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def keys(self):
        with urllib.request.urlopen(f"{self.url}/{BUCKET}?list-type=2") as answer:
            listing = answer.read().decode()
        return [part.split("</Key>")[0] for part in listing.split("<Key>")[1:]]


class Service:
    def __init__(self, program, folder, store):
        settings = {
            "storage.objects": f"s3://{BUCKET}/hallmark",
            "storage.s3.endpoint": store.url,
            "storage.s3.region": "us-east-1",
            "storage.s3.access_key_id": "key",
            "storage.s3.secret_access_key": "secret",
        }
        command = [program, "--json", "serve", "--data", folder, "--bind", "127.0.0.1:0"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        self.log = Path(folder) / "log"
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True)
        started = self.process.stdout.readline()
        if not started:
            sys.exit(f"the service did not start:\n{self.log.read_text()}")
        self.url = json.loads(started)["url"]

    def call(self, path, body=None, prefer="wait=60"):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "prefer": prefer}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: expected {wanted!r}, got {found!r}")


def main(program):
    store = Store()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(program, folder, store)
        try:
            story(service, store)
        finally:
            service.process.send_signal(signal.SIGTERM)
            service.process.wait()
            store.stop()
        if "panicked" in (log := service.log.read_text()):
            sys.exit(log)


def story(service, store):
    model = until(lambda: service.call("v1/models")[1]["items"], "the digits model")[0]["model_id"]
    statement = {"input": [0.5] * 64, "private_input": True}
    status, job = service.call(f"v1/models/{model}/proofs", statement)
    expect((status, job["state"]), (200, "done"), "a proof")
    status, bundle = service.call(f"v1/jobs/{job['id']}/bundle")
    expect(status, 200, "the bundle")
    status, verdict = service.call("v1/verifications", {"model_id": model, "bundle": bundle})
    expect((status, verdict["valid"]), (200, True), "its verification")
    digest = job["result"]["bundle"]["digest"]
    keys = store.keys()
    expect(f"hallmark/artifacts/{digest[:2]}/{digest}" in keys, True, f"the bundle among {keys}")
    expect([key for key in keys if not key.startswith("hallmark/")], [], "keys outside of the prefix")
    # The files of a model lie on the worker; they can be fetched from the store again.
    expect(sum(key.startswith("hallmark/artifacts/") for key in keys) >= 9, True, f"the model's files among {keys}")

    store.stop()
    begun = time.monotonic()
    status, problem = service.call(f"v1/models/{model}/proofs", statement)
    expect((status, problem["type"]), (503, "urn:hallmark:problem:storage-unavailable"), "a proof without the store")
    status, problem = service.call(f"v1/jobs/{job['id']}/bundle")
    expect((status, problem["type"]), (503, "urn:hallmark:problem:storage-unavailable"), "a bundle without the store")
    expect(time.monotonic() - begun < WAIT_SECONDS, True, "an answer in time")
    expect(service.call("readyz")[0], 503, "readiness without the store")
    for path in ["v1/", "v1/models", f"v1/jobs/{job['id']}"]:
        expect(service.call(path)[0], 200, f"{path} without the store")
    _, jobs = service.call("v1/jobs?kind=prove")
    expect(len(jobs["items"]), 1, "jobs after refused ones")

    store.start()
    until(lambda: service.call("readyz")[0] == 200, "readiness after the store came back")
    status, again = service.call(f"v1/models/{model}/proofs", statement)
    expect((status, again["state"]), (200, "done"), "a proof after the store came back")
    print(f"{len(keys)} objects; refused without the store, served again with it")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

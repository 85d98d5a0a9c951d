"""Every operation of the API once, against a real server: the examples of its description are what is sent and answered here.

    python3 server/tests/openapi/story.py HALLMARK            # compares the examples with what is answered now
    python3 server/tests/openapi/story.py HALLMARK --write    # records them anew

Examples are compared by their form (members and types), not by ids and times. With `--document FILE` the description is written there;
`--then COMMAND` is run before the server ends, with its address in URL and a key in KEY.
"""
import argparse
import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "server" / "src" / "api" / "examples"
DIGITS = ROOT / "examples" / "digits"
JSON = "application/json"
FORM = "multipart/form-data"
BYTES = "application/octet-stream"
PATIENCE_S = 300
# What is longer is shown in part: examples are to be read.
LONGEST_TEXT = 160
MOST_NUMBERS = 64
MOST_ITEMS = 2


class Server:
    """A server of its own, with a key."""

    def __init__(self, binary, folder):
        """Starts it."""
        place = ["--data", str(folder / "data")]
        create = [binary, "--quiet", "--json", "keys", "create", "--init", "examples", *place]
        self.key = json.loads(subprocess.run(create, capture_output=True, check=True).stdout)["key"]
        self.log = (folder / "log").open("w+")
        command = [binary, "--json", "serve", "--bind", "127.0.0.1:0", *place, "--set", "webhooks.allow_private=true"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit((folder / "log").read_text())
        self.url = json.loads(line)["url"].rstrip("/")

    def stop(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait(60)

    def send(self, method, path, body=None, media_type=JSON, accept="*/*", key=True, wait=None, more=None):
        """Status, media type and bytes of an answer."""
        headers = {"Accept": accept, **(more or {})}
        if key:
            headers["Authorization"] = f"Bearer {self.key if key is True else key}"
        if wait:
            headers["Prefer"] = f"wait={wait}"
        data = None
        if body is not None:
            data, headers["Content-Type"] = encoded(body, media_type)
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read()


def encoded(body, media_type):
    """A body's bytes, and its type with parameters."""
    if media_type == JSON:
        return json.dumps(body).encode(), JSON
    if media_type == BYTES:
        return body, BYTES
    boundary = uuid.uuid4().hex
    form = io.BytesIO()
    for name, value in body.items():
        content = json.dumps(value).encode() if isinstance(value, dict) else value
        form.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode())
        form.write(content + b"\r\n")
    form.write(f"--{boundary}--\r\n".encode())
    return form.getvalue(), f"{FORM}; boundary={boundary}"


class Story:
    """Calls operations and keeps what went to and fro."""

    def __init__(self, server):
        """Nothing has happened yet."""
        self.server = server
        self.exchanges = {}
        self.problems = {}
        self.hook = receiver()

    def call(self, operation, method, path, body=None, media_type=JSON, expect=200, **options):
        """Calls an operation, and gives what it answered."""
        status, kind, answer = self.server.send(method, path, body, media_type, **options)
        if status != expect:
            sys.exit(f"{operation}: {method} {path} answered {status}, expected {expect}: {answer[:500]!r}")
        exchange = self.exchanges.setdefault(operation, {})
        if body is not None and media_type != BYTES:
            shown = body if media_type == JSON else {name: shown_part(value) for name, value in body.items()}
            exchange.setdefault("request", {}).setdefault(media_type, short(shown))
        if kind == BYTES:
            return answer
        value = json.loads(answer) if kind == JSON else answer.decode()
        if answer:
            exchange.setdefault("responses", {}).setdefault(str(status), {}).setdefault(kind, short(value))
        return value

    def refused(self, code, method, path, body=None, media_type=JSON, **options):
        """Calls what is refused with a problem, and keeps its detail."""
        status, kind, answer = self.server.send(method, path, body, media_type, **options)
        problem = json.loads(answer)
        if kind != "application/problem+json" or problem["type"] != f"urn:hallmark:problem:{code}":
            sys.exit(f"{method} {path}: expected {code}, got {status} {answer[:300]!r}")
        self.problems[code] = problem["detail"]


def shown_part(value):
    """A part of a form as its example shows it."""
    return value if isinstance(value, dict) else "(bytes of the file)"


def short(value):
    """The value with long texts and lists cut."""
    if isinstance(value, str):
        if len(value) <= LONGEST_TEXT:
            return value
        # Lines are kept whole: they are records.
        lines = value.splitlines(keepends=True)
        if len(lines) > 3:
            return "".join(lines[:3])
        return value[:LONGEST_TEXT] + "…"
    if isinstance(value, dict):
        # Workers are called after their machine.
        return {name: "prover-1/0" if name == "worker" and member else short(member) for name, member in value.items()}
    if isinstance(value, list):
        most = MOST_NUMBERS if all(isinstance(item, (int, float)) for item in value) else MOST_ITEMS
        return [short(item) for item in value[:most]]
    return value


def form(value):
    """What kinds of things a value is made of."""
    if isinstance(value, dict):
        return {name: form(member) for name, member in sorted(value.items())}
    if isinstance(value, list):
        merged = None
        for item in value:
            merged = both(merged, form(item))
        return [merged]
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return None if value is None else "text"


def both(left, right):
    """A form that has what either has."""
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, dict) and isinstance(right, dict):
        return {name: both(left.get(name), right.get(name)) for name in sorted({*left, *right})}
    if isinstance(left, list) and isinstance(right, list):
        return [both(left[0], right[0])]
    return left if left == right else f"{left} or {right}"


def differences(example, real, place):
    """Where an example has not the form of what is real."""
    if example is None or real is None or example == real:
        return []
    if isinstance(example, list) and isinstance(real, list):
        return differences(example[0], real[0], f"{place}[]")
    if not (isinstance(example, dict) and isinstance(real, dict)):
        return [f"{place} is {example} in the example, and {real} in the answer"]
    found = [f"{place}.{name} is not in the example" for name in real if name not in example]
    found += [f"{place}.{name} is only in the example" for name in example if name not in real]
    for name in example.keys() & real.keys():
        found += differences(example[name], real[name], f"{place}.{name}")
    return found


def digits(server):
    """The model that every server registers at its first start."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        items = json.loads(server.send("GET", "/v1/models?q=digits-cnn")[2])["items"]
        if items:
            return items[0]["model_id"]
        time.sleep(0.2)
    sys.exit(f"the digits model was not registered within {PATIENCE_S} s")


def receiver():
    """An address that takes every message."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{http.server_port}/hook"


def tell(server):
    """The story."""
    story = Story(server)
    call = story.call
    for operation, path in [("get_health", "/healthz"), ("get_readiness", "/readyz"), ("get_metrics", "/metrics")]:
        call(operation, "GET", path)
    # A server that cannot work is not at hand: the same answer, with a check that failed.
    readiness = story.exchanges["get_readiness"]["responses"]
    unready = json.loads(json.dumps(readiness["200"]))
    unready[JSON]["ready"] = False
    unready[JSON]["checks"][0].update(ok=False, detail="it does not answer")
    readiness["503"] = unready
    call("get_service", "GET", "/v1/")
    call("get_me", "GET", "/v1/me")
    model = digits(server)
    models(story, model)
    image = [0.0] * 24 + [0.75] * 8 + [0.0] * 32
    call("predict", "POST", f"/v1/models/{model}/predictions", {"input": image})
    hook = webhooks(story)
    job = proofs(story, model, image)
    verifications(story, model, job)
    receipts(story)
    after_jobs(story, hook, job, model, image)
    refusals(story, model, job)
    call("delete_model", "DELETE", f"/v1/models/{mine(story)}", expect=204)
    call("list_deletions", "GET", "/v1/deletions")
    return story


def models(story, model):
    """Registering, reading, changing."""
    call = story.call
    own = f"/v1/models/{model}"
    call("list_models", "GET", "/v1/models?q=digits")
    call("get_model", "GET", own)
    for operation, part in [
        ("get_model_report", "report"),
        ("get_model_layout", "layout"),
        ("get_model_layout_svg", "layout.svg"),
        ("get_verifying_key", "verifying-key"),
    ]:
        call(operation, "GET", f"{own}/{part}")
    call("estimate", "POST", "/v1/estimates", {"model_id": model})
    upload = {
        "model": (DIGITS / "mlp.onnx").read_bytes(),
        "calibration": (DIGITS / "calibration.npz").read_bytes(),
        "options": {"bits": 12, "target": "evm", "private_input": False},
    }
    call("estimate", "POST", "/v1/estimates", upload, FORM)
    upload["options"] = {**upload["options"], "name": "digits-mlp", "version": "evm", "tags": ["digits"]}
    job = call("register_model", "POST", "/v1/models", upload, FORM, expect=202)
    ended(story, job["id"])
    mlp = call("register_model", "POST", "/v1/models", upload, FORM)["model_id"]
    changes = {"description": "Two dense layers.", "tags": ["digits", "dense"], "licence": "MIT"}
    call("update_model", "PATCH", f"/v1/models/{mlp}", changes)
    call("get_evm_key", "GET", f"/v1/models/{mlp}/evm/key")
    proof = call("prove", "POST", f"/v1/models/{mlp}/proofs", {"input": [0.0] * 64}, expect=202)
    ended(story, proof["id"])
    call("get_evm_call", "GET", f"/v1/jobs/{proof['id']}/evm?key=0x{'11' * 20}")


def ended(story, job):
    """Waits for a job's end, and gives it as it then is."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        record = json.loads(story.server.send("GET", f"/v1/jobs/{job}")[2])
        if record["state"] in ("done", "failed", "cancelled", "dead"):
            return record
        time.sleep(0.1)
    sys.exit(f"{job} has not ended within {PATIENCE_S} s")


def proofs(story, model, image):
    """Having something proven; the job is one of a private input."""
    call = story.call
    request = {"input": image, "nonce": uuid.uuid4().hex, "private_input": True, "metadata": {"order": 7}}
    story.exchanges["prove"].pop("request")
    job = call("prove", "POST", f"/v1/models/{model}/proofs", request, wait=60)["id"]
    batch = {"requests": [{"input": image, "nonce": "01"}, {"input": image, "nonce": "02", "priority": -1}]}
    for waiting in call("prove_batch", "POST", f"/v1/models/{model}/proofs/batch", batch, expect=202)["jobs"]:
        ended(story, waiting["id"])
    own = f"/v1/jobs/{job}"
    call("list_jobs", "GET", "/v1/jobs?kind=prove&state=done")
    call("get_job", "GET", own)
    call("follow_job", "GET", f"{own}/events")
    call("get_bundle", "GET", f"{own}/bundle", accept=JSON)
    call("get_opening", "GET", f"{own}/opening")
    call("get_audit_file", "GET", f"{own}/audit")
    return job


def verifications(story, model, job):
    """Checking proofs, true and false, one and several."""
    bundle = story.server.send("GET", f"/v1/jobs/{job}/bundle", accept=BYTES)[2]
    text = base64.b64encode(bundle).decode()
    request = {"model_id": model, "bundle_base64": text}
    story.call("verify", "POST", "/v1/verifications", request, key=False)
    story.call("verify", "POST", f"/v1/verifications?model_id={model}", bundle, BYTES, key=False)
    several = {"model_id": model, "bundles": [{"bundle_base64": text}, {"bundle_base64": text, "nonce": "01"}]}
    story.call("verify", "POST", "/v1/verifications", several, key=False)


def receipts(story):
    """The log."""
    head = story.call("get_log_head", "GET", "/v1/receipts/head")
    story.call("list_receipts", "GET", "/v1/receipts?limit=2")
    story.call("get_receipt", "GET", "/v1/receipts/0")
    story.call("get_log_consistency", "GET", f"/v1/receipts/consistency?first=1&second={head['tree_size']}")
    story.call("get_audit_trail", "GET", "/v1/audit.ndjson")


def webhooks(story):
    """An address for messages."""
    request = {"url": story.hook, "events": ["job.done", "job.cancelled"]}
    hook = story.call("create_webhook", "POST", "/v1/webhooks", request, expect=201)["id"]
    story.call("list_webhooks", "GET", "/v1/webhooks")
    story.call("get_webhook", "GET", f"/v1/webhooks/{hook}")
    return hook


def after_jobs(story, hook, job, model, image):
    """What was sent about jobs; and what is thrown away."""
    call = story.call
    own = f"/v1/webhooks/{hook}"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        deliveries = json.loads(story.server.send("GET", f"{own}/deliveries")[2])["items"]
        if deliveries and all(delivery["state"] == "delivered" for delivery in deliveries):
            break
        time.sleep(0.1)
    deliveries = call("list_deliveries", "GET", f"{own}/deliveries")["items"]
    call("redeliver", "POST", f"{own}/deliveries/{deliveries[0]['id']}/redeliver", expect=202)
    call("update_webhook", "PATCH", own, {"disabled": False, "events": ["job.done"]})
    call("rotate_webhook_secret", "POST", f"{own}/secret", {"overlap_seconds": 3600})
    call("test_webhook", "POST", f"{own}/test", expect=202)
    call("delete_webhook", "DELETE", own, expect=204)
    call("erase_input", "DELETE", f"/v1/jobs/{job}/input", expect=204)
    # The last of many waits long enough to be cancelled.
    many = {"requests": [{"input": image, "priority": -10}] * 50}
    waiting = json.loads(story.server.send("POST", f"/v1/models/{model}/proofs/batch", many)[2])["jobs"]
    call("cancel_job", "POST", f"/v1/jobs/{waiting[-1]['id']}/cancel")
    begun = running(story)
    call("cancel_job", "POST", f"/v1/jobs/{begun}/cancel", expect=202)
    for one in waiting:
        story.server.send("POST", f"/v1/jobs/{one['id']}/cancel")
    for one in [*waiting, {"id": begun}]:
        ended(story, one["id"])
    call("delete_job", "DELETE", f"/v1/jobs/{waiting[-1]['id']}", expect=204)


def mine(story):
    """The model that was registered."""
    return json.loads(story.server.send("GET", "/v1/models?mine=true")[2])["items"][0]["model_id"]


def running(story):
    """A compilation that has begun."""
    upload = {"model": (DIGITS / "cnn.onnx").read_bytes(), "options": {"bits": 11, "name": "to be cancelled"}}
    job = json.loads(story.server.send("POST", "/v1/models", upload, FORM)[2])["id"]
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = json.loads(story.server.send("GET", f"/v1/jobs/{job}")[2])["state"]
        if state in ("importing", "planning", "keys"):
            return job
        time.sleep(0.01)
    sys.exit(f"{job} has not begun within a minute")


def refusals(story, model, job):
    """Problems that are easily had."""
    refused = story.refused
    nothing = "0" * 64
    refused("model-not-found", "GET", f"/v1/models/{nothing}")
    refused("job-not-found", "GET", "/v1/jobs/job_019abf2c9f6b7d0e8a3e4c5d6f708192")
    refused("receipt-not-found", "GET", "/v1/receipts/1000000")
    refused("webhook-not-found", "GET", "/v1/webhooks/whk_019abf2c9f6b7d0e8a3e4c5d6f708192")
    refused("route-not-found", "GET", "/v1/nothing")
    refused("method-not-allowed", "PUT", "/v1/models", {})
    refused("foreign-origin", "POST", "/v1/verifications", {}, key=False, more={"Origin": "https://example.org"})
    refused("unknown-host", "GET", "/v1/models", key=False, more={"Host": "example.org"})
    refused("invalid-parameter", "GET", "/v1/jobs?limit=1000")
    refused("invalid-key", "GET", "/v1/me", key="hmk_unknown")
    refused("invalid-body", "POST", f"/v1/models/{model}/proofs", {"input": [0.0] * 64, "priority": 99})
    refused("invalid-input", "POST", f"/v1/models/{model}/proofs", {"input": [0.0, 1.0]})
    refused("input-out-of-range", "POST", f"/v1/models/{model}/predictions", {"input": [1e6] * 64})
    refused("unsupported-media-type", "POST", "/v1/verifications", {"model": b"x"}, FORM)
    refused("not-acceptable", "GET", f"/v1/jobs/{job}/bundle", accept="text/html")
    refused("malformed-bundle", "POST", f"/v1/verifications?model_id={model}", b"no bundle", BYTES)
    refused("invalid-webhook", "POST", "/v1/webhooks", {"url": "ftp://example.com/"})
    many = {"requests": [{"input": [0.0] * 64}] * 50}
    waiting = json.loads(story.server.send("POST", f"/v1/models/{mine(story)}/proofs/batch", many)[2])
    refused("model-in-use", "DELETE", f"/v1/models/{mine(story)}")
    for one in waiting["jobs"]:
        story.server.send("POST", f"/v1/jobs/{one['id']}/cancel")
        ended(story, one["id"])
    refused("erased", "GET", f"/v1/jobs/{job}/opening")
    refused("job-ended", "POST", f"/v1/jobs/{job}/cancel")


def write(story):
    """Records the examples."""

    def put(name, value):
        text = json.dumps(value, ensure_ascii=False, indent=2).replace(story.hook, "https://example.com/hallmark")
        # Numbers of a tensor on one line.
        text = re.sub(r"\[\s+([-\d.,\se]+?)\s+\]", lambda found: "[" + " ".join(found[1].split()) + "]", text)
        (EXAMPLES / f"{name}.json").write_text(text + "\n")

    EXAMPLES.mkdir(exist_ok=True)
    problems = EXAMPLES / "problems.json"
    known = json.loads(problems.read_text()) if problems.exists() else {}
    for file in EXAMPLES.glob("*.json"):
        file.unlink()
    for operation, exchange in story.exchanges.items():
        if exchange:
            put(operation, exchange)
    put("problems", {**known, **story.problems})


def compare(story):
    """Where the examples are not what is sent and answered."""
    found = []
    for operation, exchange in story.exchanges.items():
        file = EXAMPLES / f"{operation}.json"
        example = json.loads(file.read_text()) if file.exists() else {}
        if exchange:
            found += differences(form(example), form(exchange), operation)
    return found


def main():
    """Starts a server, calls everything, compares or writes."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary", type=Path)
    arguments.add_argument("--write", action="store_true", help="record the examples")
    arguments.add_argument("--document", type=Path, help="where to write the description of the API")
    arguments.add_argument("--then", help="what to run before the server ends")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(given.binary.resolve(), Path(folder))
        try:
            if given.document:
                given.document.write_bytes(server.send("GET", "/openapi.json")[2])
            story = tell(server)
            if given.then:
                place = {**os.environ, "URL": server.url, "KEY": server.key}
                subprocess.run(["bash", "-euc", given.then], env=place, check=True)
        finally:
            server.stop()
    document = json.loads(given.document.read_text()) if given.document else None
    if document:
        told = {one["operationId"] for path in document["paths"].values() for one in path.values()}
        if missing := told - story.exchanges.keys():
            sys.exit(f"the story does not call {', '.join(sorted(missing))}")
    if given.write:
        write(story)
        return
    if found := compare(story):
        print(*found, sep="\n")
        sys.exit("the examples are not what the server answers: record them with --write, and build again")
    print(f"{len(story.exchanges)} operations answer as their examples say")


if __name__ == "__main__":
    main()

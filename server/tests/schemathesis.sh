#!/usr/bin/env bash
# Requests made from the OpenAPI document, valid and not: no answer with 5xx, none that the document does not describe.
#
#   bash server/tests/schemathesis.sh [EXAMPLES] [HALLMARK]
#
# EXAMPLES per operation, 20 if not given. Needs Python 3 with venv, and PyPI for the first run.
set -euo pipefail
cd "$(dirname "$0")/../.."
examples=${1:-20}
target=${CARGO_TARGET_DIR:-target}
hallmark=${2:-$target/release/hallmark}
venv=$target/venv-schemathesis
[ -x "$venv/bin/schemathesis" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.32.5'
}

folder=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

"$hallmark" --json serve --data "$folder/data" --bind 127.0.0.1:0 \
    --set access.anonymous_rate_per_minute=100000000 --set 'access.anonymous=[read,predict,prove,admin]' \
    >"$folder/started" 2>"$folder/log" &
server=$!

# The digits model and a proof of it, so that paths with ids lead somewhere.
python3 - "$folder" >"$folder/schemathesis.toml" <<'END'
import json
import sys
import time
import urllib.request
from pathlib import Path

folder = Path(sys.argv[1])


def until(attempt, seconds=60):
    for _ in range(seconds * 10):
        try:
            if found := attempt():
                return found
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    sys.exit(f"the server did not get ready:\n{(folder / 'log').read_text()}")


url = until(lambda: json.loads((folder / "started").read_text())["url"])
(folder / "url").write_text(url)


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "prefer": "wait=30"}
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as answer:
        return json.load(answer)


model = until(lambda: call("v1/models")["items"])[0]["model_id"]
job = call(f"v1/models/{model}/proofs", {"input": [0.5] * 64, "private_input": True})["id"]
for path in call("openapi.json")["paths"]:
    known = {"/v1/models/{id}": model, "/v1/jobs/{id}": job}
    for prefix, value in known.items():
        # What would end the job or hide the model is asked of others.
        if path.startswith(prefix + "/"):
            print(f'[[operations]]\ninclude-path = "{path}"\nparameters = {{ "path.id" = "{value}" }}\n')
END

# OpenAPI 3.1 has a schema for a stream of events, which is text, and none for each of them: what these hold is for the service's own tests.
events='/v1/jobs/{id}/events'
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,allow_header_conformance,unsupported_method
run() {
    "$venv/bin/schemathesis" --config-file "$folder/schemathesis.toml" run "$(cat "$folder/url")openapi.json" \
        --max-examples "$examples" --seed 1 --no-shrink --continue-on-failure --phases examples,coverage,fuzzing \
        --warnings off --request-timeout 70 "$@"
}
run --exclude-path "$events" --checks "$checks,response_schema_conformance"
run --include-path "$events" --checks "$checks"
# It is still the same server, and no request made it stumble.
kill -0 "$server"
if grep -E "internal error|panicked" "$folder/log"; then
    exit 1
fi

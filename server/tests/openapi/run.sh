#!/usr/bin/env bash
# The description of the API: valid OpenAPI with true examples, of which two generators make clients that work.
#
#   bash server/tests/openapi/run.sh [HALLMARK]
#
# Needs Python 3 with venv, Node.js, and their package registries for the first run.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
target=$(realpath "${CARGO_TARGET_DIR:-$root/target}")
hallmark=$(realpath "${1:-$target/release/hallmark}")
made=$target/openapi
python=$target/venv-openapi/bin/python
rm -rf "$made"
mkdir -p "$made"
[ -x "$target/venv-openapi/bin/openapi-python-client" ] || {
    python3 -m venv "$target/venv-openapi"
    "$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
}
npm ci --no-audit --no-fund --loglevel=error

cat >"$made/config.yml" <<'END'
package_name_override: hallmark_api
post_hooks: []
content_type_overrides:
  application/openmetrics-text: text/plain
  application/x-ndjson: text/plain
  image/svg+xml: text/plain
END
client="'$python' -m openapi_python_client generate --path '$made/openapi.json' --meta none --output-path '$made/hallmark_api' \
    --config '$made/config.yml' --fail-on-warning && PYTHONPATH='$made' '$python' use.py"
"$python" story.py "$hallmark" --document "$made/openapi.json" --then "$client"
"$python" validate.py "$made/openapi.json"
# What a request may leave out, it may leave out although the server has a default.
npx --no-install openapi-typescript "$made/openapi.json" --default-non-nullable=false --output "$made/api.ts"
node typed.mjs "$made/openapi.json" >"$made/examples.ts"
cp use.ts "$made/"
npx --no-install tsc --noEmit --strict --exactOptionalPropertyTypes --target es2022 --module esnext --moduleResolution bundler \
    "$made/api.ts" "$made/examples.ts" "$made/use.ts"

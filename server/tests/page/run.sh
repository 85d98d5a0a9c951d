#!/usr/bin/env bash
# The page in a real browser against the real server; pictures of every view go to target/page.
#
#   bash server/tests/page/run.sh
#
# Needs Node.js 20.19 or newer and Chromium, of which the latter is installed if this is run as root on Debian.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

if ! command -v node >/dev/null || ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    echo "the page's tests need Node.js 20.19 or newer" >&2
    exit 1
fi
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    apt-get install --yes --quiet --no-install-recommends chromium fonts-liberation >/dev/null
fi
npm ci --no-audit --no-fund --loglevel=error
PAGE_TEST_PROGRAM=${PAGE_TEST_PROGRAM:-$target/release/hallmark} PAGE_TEST_PICTURES=${PAGE_TEST_PICTURES:-$target/page} node run.js "$@"

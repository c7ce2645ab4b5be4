#!/usr/bin/env bash
# Firmware against a shop of its own: what the boards of published smart carts send, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly password='Nine-lemons-in-a-row'

shop=$scratch/firmware
start_shop "$shop"
printf '%s' "$password" | shop_cli "$shop" user add --username firmware --role admin --password-stdin >/dev/null

say 'Published firmware'
python3 tests/firmware_survey.py "$base_url" "$(shop_cli "$shop" user token --username firmware --minutes 60)"

stop_shop "$shop_pid"

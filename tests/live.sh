#!/usr/bin/env bash
# Live promotions through the Socket.IO client that browsers use, against a shop of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly password='a-Quiet-promotion-19'

shop=$scratch/live
start_shop "$shop" --demo
printf '%s' "$password" | shop_cli "$shop" user add --username live-staff --role staff --password-stdin >/dev/null
node tests/browser/socket_io.mjs "$base_url" live-staff "$password"
stop_shop "$shop_pid"

#!/usr/bin/env bash
# The journeys of tests/browser through a real browser, each against a shop of its own.
#
#   tests/browser.sh [DIR]    keeps the pictures in DIR (default: screenshots in the target directory)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

pictures=${1:-${CARGO_TARGET_DIR:-target}/screenshots}
chromium=$(command -v chromium || command -v chromium-browser) || fail "there is no chromium: tests/run installs it"
readonly password='a-Quiet-browser-19'

say "A working day in the demo shop"
demo=$scratch/demo
start_shop "$demo" --demo
printf '%s' "$password" | shop_cli "$demo" user add --username owner --role admin --password-stdin >/dev/null
key=$(shop_cli "$demo" device add --name "Browser test" --json | json 'it.key')
node tests/browser/journey.mjs "$base_url" owner "$password" "$key" "$pictures" "$chromium"
node tests/browser/manual.mjs "$base_url" "$pictures" "$chromium"
stop_shop "$shop_pid"

say "The first visit to an empty shop"
empty=$scratch/empty
start_shop "$empty"
token=$(shop_cli "$empty" setup-token | tail -n 1)
node tests/browser/setup.mjs "$base_url" "$token" owner "$password" "$pictures" "$chromium"
stop_shop "$shop_pid"

#!/usr/bin/env bash
# The Postman collection works: newman runs it against a throw-away demo shop.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

modules=$(realpath -m "${CARGO_TARGET_DIR:-target}")/newman

install_newman() {
    if cmp --silent tests/postman/package.json "$modules/package.json" && [[ -d $modules/node_modules/newman ]]; then
        return 0
    fi
    mkdir -p "$modules"
    cp tests/postman/package.json "$modules/"
    (cd "$modules" && npm install --package-lock=false --no-audit --no-fund --ignore-scripts --loglevel=error)
}

install_newman
start_shop "$scratch/shop" --demo
TOKEN_ADMIN=$(shop_cli "$scratch/shop" user token --username admin)
TOKEN_USER=$(shop_cli "$scratch/shop" user token --username demo)
export TOKEN_ADMIN TOKEN_USER
node tests/postman/run.mjs "$modules" "$base_url" || fail 'the Postman collection'

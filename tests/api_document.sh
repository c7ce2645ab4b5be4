#!/usr/bin/env bash
# The API document keeps its word: schemathesis sends what the document allows and what it forbids,
# with each credential, to a throw-away demo shop, and compares every answer with the document.
#
# tests/api_document.sh [EXAMPLES [PHASES]]: without arguments a small budget with a fixed seed;
# `tests/api_document.sh 200 examples,coverage,fuzzing,stateful` is the whole one.
# API_SEED takes another seed, API_REPORTS keeps the reports in a directory.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly examples=${1:-5} phases=${2:-examples,coverage,fuzzing}
# An alias is the same handler: the small budget leaves them out.
options=()
(($# > 0)) || options=(--exclude-deprecated)
readonly seed=${API_SEED:-20261120}
readonly password='Nine-lemons-in-a-row'
readonly settings=tests/schemathesis
venv=${CARGO_TARGET_DIR:-target}/venv
reports=${API_REPORTS:-$scratch}
failed=()

# By their ids in the document: what ends the session, changes the account or the device that asks,
# or takes map and products away from under the others. Tried alone.
readonly alone='^((signOut|refreshTokens|changePassword|(delete|end|revoke)(All|Other)?Sessions?|(update|delete|replace)(User|Profile|OwnProfile|Settings?|Map)|deleteProduct|(revoke|rotate|update)Device(Key)?|restore[A-Za-z]*)(Alias[0-9]+)?)$'
# Streams never end by themselves; they have tests of their own.
readonly streams='^(follow[A-Za-z]*|[A-Za-z]*(Socket|Stream))(Alias[0-9]+)?$'

install_tools() {
    local wanted
    wanted=$(<"$settings/requirements.txt")
    if [[ -f $venv/installed && $(<"$venv/installed") == "$wanted" ]]; then
        return 0
    fi
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$settings/requirements.txt"
    printf '%s' "$wanted" >"$venv/installed"
}

add_account() {
    printf '%s' "$password" |
        shop_cli "$shop" user add --username "$1" --role "$2" --password-stdin --json | json 'it.id'
}

# try NAME OPTION...: one run; its report is shown when something is wrong.
try() {
    local name=$1 begun=$SECONDS report=$reports/api-$1.txt
    shift
    if ! "$venv/bin/schemathesis" --config-file "$settings/schemathesis.toml" --no-color run "$base_url/openapi.json" \
        --url "$base_url" --phases "$phases" --max-examples "$examples" --seed "$seed" \
        --checks all --generation-database none "${options[@]}" "$@" >"$report" 2>&1; then
        failed+=("$name")
        sed -n '/= FAILURES\|= ERRORS/,/= WARNINGS\|= SUMMARY/p' "$report" >&2
        tail -n 40 "$report" >&2
    fi
    say "- $name: $(grep -m 1 -E '^ +[0-9]+ generated' "$report" | tr -s ' ') ($((SECONDS - begun)) s)"
}

# The credential is still good, so that nothing was tried as nobody by mistake.
still_signed_in() {
    [[ -z $API_TOKEN ]] || curl --silent --fail --output /dev/null --header "Authorization: Bearer $API_TOKEN" \
        "$base_url/auth/check" || fail "the session of $1 ended during its run"
}

# A demo shop of its own for each run, with a trolley: open_shop NAME
open_shop() {
    shop=$scratch/$1
    start_shop "$shop" --demo
    API_DEVICE_KEY=$(shop_cli "$shop" device add --name 'API document' --json | json 'it.key')
    export API_PROGRAM=$binary API_SHOP=$shop API_DEVICE_KEY API_TOKEN='' API_OWN_ID=0
}

install_tools
"$binary" openapi >"$scratch/openapi.json"
"$venv/bin/python" -m openapi_spec_validator "$scratch/openapi.json" >/dev/null || fail 'the document is no OpenAPI 3.1'

for role in admin staff customer; do
    open_shop "$role"
    API_OWN_ID=$(add_account "api-$role" "$role")
    API_TOKEN=$(shop_cli "$shop" user token --username "api-$role" --minutes 600)
    try "$role" --exclude-operation-id-regex "$alone|$streams"
    still_signed_in "$role"
    kill_shop "$shop_pid"
done

# Without credentials: schemathesis makes some up.
open_shop anonymous
try anonymous --exclude-operation-id-regex "$streams"
kill_shop "$shop_pid"

open_shop alone
for role in customer staff admin; do
    API_THROW_AWAY_ROLE=$role try "alone-$role" --include-operation-id-regex "$alone"
done
((${#failed[@]} == 0)) || fail "the API document and the API differ: ${failed[*]}"

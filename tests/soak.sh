#!/usr/bin/env bash
# Virtual carts shop while the server is killed again and again: no scan may be lost or doubled.
#
#   tests/soak.sh           20 carts x 100 events, 2 kills
#   tests/soak.sh --whole   100 carts x 1,000 events, 5 kills
#
# BINARY_UNDER_TEST names another binary than the debug build. Exits with 1 if a cart differs from
# its model, and prints the report in any case.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

# Slow enough for the kills to come in time on any machine.
carts=20 events=100 kills=2 speed=200
case ${1:-} in
    '') ;;
    --whole) carts=100 events=1000 kills=5 speed=1000000 ;;
    *)
        printf 'usage: tests/soak.sh [--whole]\n' >&2
        exit 2
        ;;
esac
# What the carts wait for a server that is started again.
readonly patience_s=60
# The longest run.
readonly limit_s=1200

shop=$scratch/soak
start_shop "$shop" --demo
token=$(shop_cli "$shop" user token --username admin --minutes 60 | tail -n 1)
address=${base_url#http://}
simulator_err=$scratch/simulator.err
"$binary" simulate --url "$base_url" --data "$shop" --carts "$carts" --events "$events" --seconds "$limit_s" \
    --seed "${SEED:-1}" --speed "$speed" --patience "$patience_s" --loss 5% --duplicates 20% --reorder 20% \
    --json >"$scratch/report.json" 2>"$simulator_err" &
simulator=$!
shop_pids+=("$simulator")

# How many scans the shop has taken; nothing while it is down. The carts' own numbers come at the end.
scans_taken() {
    curl --silent --max-time 5 --header "Authorization: Bearer $token" "$base_url/carts?limit=1000" 2>/dev/null |
        json 'it.reduce((sum, cart) => sum + cart.version, 0)' 2>/dev/null || true
}

# Kills at even parts of the work, so that each hits carts which are busy.
made=0
for kill in $(seq 1 "$kills"); do
    due=$((carts * events * kill / (kills + 1)))
    while taken=$(scans_taken) && ((${taken:-0} < due)); do
        kill -0 "$simulator" 2>/dev/null || break 2
        sleep 0.1
    done
    kill_shop "$shop_pid"
    made=$kill
    say "- killed at about $taken changes"
    start_server soak serve --http "$address" --data "$shop"
done

code=0
wait "$simulator" || code=$?
forget_shop "$simulator"
cat "$simulator_err" >&2
report=$(<"$scratch/report.json")
[[ -n $report ]] || fail "the simulation ended with $code and said nothing"
say "$report"
((made == kills)) || fail "the carts were done before kill $((made + 1)) of $kills"
((code == 0)) || fail "the simulation ended with $code"
same() {
    [[ $1 == "$2" ]] || fail "$3: expected $1, got $2"
}
same "$carts" "$(json 'it.carts_checked' <<<"$report")" 'carts that were compared'
same true "$(json 'it.events === it.acknowledged + it.never_sent + it.never_answered' <<<"$report")" \
    'every event was answered, or its cart died'
same true "$(json 'it.retries > 0 && it.duplicates_answered > 0 && it.reordered > 0' <<<"$report")" \
    'the carts were in trouble'
shop_cli "$shop" device list --json >"$scratch/devices.json"
same 0 "$(json 'it.filter(d => d.name.startsWith("Simulated") && !d.revoked).length' <"$scratch/devices.json")" \
    'devices that were left'
stop_shop "$shop_pid"
shop_cli "$shop" verify >/dev/null || fail 'the shop is damaged'
say "soak: $kills kills, every cart equals its model"

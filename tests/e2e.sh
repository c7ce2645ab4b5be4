#!/usr/bin/env bash
# The main job from outside, through nothing but the command line and HTTP: scan, connect, walk,
# check out; then a backup, a power cut, a restore, and everything that must be refused.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly password='Nine-lemons-in-a-row'
# What the device draws at its start.
readonly boot_id=e2e-1
seq=0
# The status of the last answer; its body is in $answer.
status=
answer=

# request METHOD PATH [BODY [HEADER...]]: sets status and answer.
request() {
    local method=$1 path=$2 body=${3:-} arguments=() header
    shift $(($# < 3 ? $# : 3))
    for header in "$@"; do
        arguments+=(--header "$header")
    done
    if [[ -n $body ]]; then
        arguments+=(--header 'Content-Type: application/json' --data-binary "$body")
    fi
    status=$(curl --silent --show-error --max-time 30 --output "$scratch/answer" \
        --write-out '%{http_code}' --request "$method" "${arguments[@]}" "$base_url$path") ||
        fail "$method $path was not answered"
    answer=$(<"$scratch/answer")
}

# expect STATUS WHAT: the last answer has this status.
expect() {
    [[ $status == "$1" ]] || fail "$2: expected $1, got $status: $answer"
}

# same EXPECTED ACTUAL WHAT
same() {
    [[ $1 == "$2" ]] || fail "$3: expected $1, got $2"
}

of_answer() {
    json "$1" <<<"$answer"
}

# as TOKEN METHOD PATH [BODY]: a request of a signed-in account.
as() {
    request "$2" "$3" "${4:-}" "Authorization: Bearer $1"
}

# trolley PATH [MEMBERS]: a numbered event of the device; MEMBERS end in a comma.
trolley() {
    seq=$((seq + 1))
    request POST "/cart/esp32/$1" "{${2:-}\"boot_id\":\"$boot_id\",\"seq\":$seq}" "X-API-Key: $device_key"
}

sign_in() {
    request POST /auth/login "{\"username\":\"$1\",\"password\":\"$password\"}"
    expect 200 "$1 signs in"
    of_answer 'it.access_token'
}

add_user() {
    printf '%s' "$password" |
        shop_cli "$1" user add --username "$2" --role "$3" --password-stdin >/dev/null ||
        fail "user add $2"
}

stock_of() {
    request GET "/products/$1"
    expect 200 "product $1 is found"
    of_answer 'it.stock'
}

# Everything that was acknowledged so far, as the API tells it.
state_of_shop() {
    local token=$1 path
    for path in '/orders?limit=1000' '/carts' '/products?limit=1000' '/devices'; do
        as "$token" GET "$path"
        expect 200 "GET $path"
        # What a device said last is kept in memory.
        of_answer 'it.map(({last_seen, heartbeat, battery_pct, rssi, online, state, ip, firmware, free_heap, cart_weight, ...kept}) => kept)'
    done
}

# refused WHAT PATTERN COMMAND...: exit code 1 or 2 and words that say why.
refused() {
    local what=$1 pattern=$2 code=0
    shift 2
    "$@" >"$scratch/refused.out" 2>"$scratch/refused.txt" || code=$?
    ((code == 1 || code == 2)) || fail "$what: expected a refusal, got exit code $code"
    grep -qiE "$pattern" "$scratch/refused.txt" ||
        fail "$what: the message does not say why: $(<"$scratch/refused.txt")"
    [[ ! -s $scratch/refused.out ]] || fail "$what: an error went to stdout"
}

checksum() {
    sha256sum <"$1"
}

# over_tls PATH [CURL-ARGUMENT...]: asks the shop as a client that trusts its authority and nobody else.
over_tls() {
    local path=$1 url
    shift
    url=$(sed -n 's/^ready .* https=//p' "$shop_output")
    answer=$(curl --silent --show-error --max-time 30 --cacert "$scratch/ca.pem" "$@" "$url$path") ||
        fail "$path was not answered over HTTPS"
}

shop=$scratch/shop
start_shop "$shop" --demo --https 127.0.0.1:0
first_pid=$shop_pid
add_user "$shop" e2e-owner admin
add_user "$shop" e2e-shopper customer
device=$(shop_cli "$shop" device add --name 'End to end' --json)
device_key=$(json 'it.key' <<<"$device")
cart_code=$(json 'it.cart_code' <<<"$device")
owner=$(sign_in e2e-owner)
shopper=$(sign_in e2e-shopper)
# One that starts while this runs would make the shop differ from what it was.
request GET '/promotions?running=false'
expect 200 'the promotions that will run are listed'
as "$owner" PATCH "/promotions/$(of_answer 'it[0].id')" '{"active":false}'
expect 200 'a promotion is put off'

say "- scan"
request GET '/products?limit=200'
expect 200 'the catalogue is listed'
scannable='it.filter(p => p.unit === "each" && p.barcodes.length && p.stock > 20 && !p.min_age && p.location)'
read -r id1 id2 id3 <<<"$(of_answer "$scannable.slice(0, 60).filter((_, i) => i % 20 === 0).map(p => p.id).join(' ')")"
read -r code1 code2 code3 <<<"$(of_answer "[$id1, $id2, $id3].map(id => it.find(p => p.id === id).barcodes[0]).join(' ')")"
before1=$(stock_of "$id1")
trolley add_item "\"barcode\":\"$code1\","
expect 200 'the first scan'
same true "$(of_answer 'it.success')" 'the first scan succeeds'
same "$seq" "$(of_answer 'it.seq')" 'the answer names its event'
((${#answer} < 256)) || fail "the flat answer has ${#answer} bytes"
first_answer=$answer
request POST /cart/esp32/add_item "{\"barcode\":\"$code1\",\"boot_id\":\"$boot_id\",\"seq\":1}" "X-API-Key: $device_key"
same "$first_answer" "$answer" 'a repeat gets the first answer'
trolley add_item "\"barcode\":\"$code2\","
expect 200 'the second scan'
same 2 "$(of_answer 'it.items')" 'two units are in the cart'
trolley add_item '"barcode":"9520000000004",'
expect 404 'an unknown barcode'
trolley add_item "\"barcode\":\"$code1\",\"quantity\":-3,"
expect 400 'a negative quantity'
request POST /cart/esp32/add_item '{"barcode":' "X-API-Key: $device_key"
expect 400 'broken JSON'
request POST /cart/esp32/add_item "{\"barcode\":\"$code1\"}" 'X-API-Key: cwk_nobody'
expect 401 'an unknown key'

say "- trust"
request GET /trust
expect 200 'the page that shows whom to trust'
request GET /trust/ca.pem
expect 200 'the authority is given away'
printf '%s\n' "$answer" >"$scratch/ca.pem"
over_tls /health
same ok "$(of_answer 'it.status')" 'who trusts the authority is answered'
over_tls /auth/login --include --header 'Content-Type: application/json' \
    --data "{\"username\":\"e2e-shopper\",\"password\":\"$password\"}"
same 2 "$(grep -c '^Set-Cookie: __Host-.*; Secure' <<<"$answer")" 'cookies are locked to the host'
printed=$(shop_cli "$shop" config --json)
fingerprint=$(json 'it.local_authority.sha256' <<<"$printed")
request GET /trust
same "${fingerprint:0:23}" "$(grep -o '<span>[^<]*' <<<"$answer" | head -n 1 | cut -c 7-)" \
    'page and command line show the same fingerprint'

say "- connect"
as "$shopper" POST /cart/connect "{\"cart_code\":\"$cart_code\"}"
expect 200 'the shopper connects'
shopper_id=$(of_answer 'it.user_id')
trolley add_item "\"barcode\":\"$code3\","
expect 200 'a scan for the shopper'
as "$shopper" GET "/cart/$shopper_id"
same 3 "$(of_answer 'it.item_count')" 'what was scanned before came along'
as "$owner" GET /carts
same 1 "$(of_answer "it.filter(c => c.user_id === $shopper_id).length")" 'staff see the cart'

say "- walk"
as "$shopper" POST /cart/shortest_path \
    "{\"stops\":[{\"product_id\":$id1},{\"product_id\":$id2},{\"product_id\":$id3}]}"
expect 200 'the shortest walk'
same '[0,1,2]' "$(of_answer 'it.stops.map(s => s.index).sort()')" 'every stop is visited'
same true "$(of_answer 'it.optimal && it.distance > 0 && it.steps.length > 0')" 'the walk is proven and described'

say "- check out"
as "$shopper" POST /checkout
expect 201 'the shopper checks out'
order_id=$(of_answer 'it.order_id')
same "$((before1 - 1))" "$(stock_of "$id1")" 'the stock fell'
as "$shopper" POST /checkout
expect 400 'an empty cart is refused'
as "$shopper" POST /cart/disconnect
expect 200 'the shopper gives the trolley back'

say "- pay at the till"
trolley add_item "\"barcode\":\"$code2\",\"quantity\":2,"
expect 200 'an anonymous scan'
trolley checkout
expect 200 'the trolley checks out'
till_order=$(of_answer 'it.order_id')
as "$shopper" PATCH "/orders/$till_order" '{"status":"paid"}'
expect 403 'a shopper sets no state'
as "$owner" PATCH "/orders/$till_order" '{"status":"paid"}'
expect 200 'staff take the money'
same paid "$(of_answer 'it.status')" 'the order is paid'

say "- rotate the signing key of the running shop"
# What a token is worth: signed_in TOKEN STATUS WHAT
signed_in() {
    as "$1" GET /auth/check
    expect "$2" "$3"
}
script=$(shop_cli "$shop" user token --username e2e-shopper --minutes 60)
signed_in "$script" 200 'a token of the command line'
shop_cli "$shop" keys rotate >/dev/null || fail 'keys rotate'
signed_in "$shopper" 200 'a token of the key before'
fresh=$(shop_cli "$shop" user token --username e2e-shopper)
signed_in "$fresh" 200 'a token of the new key'
same 2 "$(shop_cli "$shop" keys list --json | json 'it.length')" 'both keys are listed'
shop_cli "$shop" keys rotate --now >/dev/null || fail 'keys rotate --now'
for token in "$shopper" "$script" "$fresh"; do
    signed_in "$token" 401 'a token of a dropped key'
done
refused 'a token for nobody' 'no such user' "$binary" user token --username e2e-nobody --data "$shop"
owner=$(sign_in e2e-owner)
shopper=$(sign_in e2e-shopper)

say "- bring in accounts of an older system"
printf 'username,email,role,password_hash\ne2e-old,,customer,%s\n' \
    "$(printf %s 'old password' | sha256sum | cut -d' ' -f1)" >"$scratch/users.csv"
shop_cli "$shop" import users "$scratch/users.csv" >/dev/null || fail 'import users'
request POST /auth/login '{"username":"e2e-old","password":"old password"}'
expect 200 'an old password signs in'
shop_cli "$shop" export users | grep -q '^e2e-old,.*argon2id' || fail 'the old hash is still there'

say "- a second process is refused"
refused 'a second server' 'in use|already|another|running' \
    "$binary" serve --http 127.0.0.1:0 --data "$shop"

say "- back up while it runs"
trolley add_item "\"barcode\":\"$code3\",\"quantity\":4,"
expect 200 'a scan before the backup'
state_of_shop "$owner" >"$scratch/before-backup.txt"
shop_cli "$shop" backup "$scratch/shop.cwb" >/dev/null || fail 'backup'
shop_cli "$shop" verify "$scratch/shop.cwb" >/dev/null || fail 'verify'

say "- cut the power"
trolley add_item "\"barcode\":\"$code1\",\"quantity\":5,"
expect 200 'a scan after the backup'
last_answer=$answer
state_of_shop "$owner" >"$scratch/before-cut.txt"
kill_shop "$first_pid"

say "- serve the same directory again"
start_shop "$shop"
second_pid=$shop_pid
state_of_shop "$(sign_in e2e-owner)" >"$scratch/after-cut.txt"
cmp "$scratch/before-cut.txt" "$scratch/after-cut.txt" || fail 'a power cut changed the shop'
request POST /cart/esp32/add_item \
    "{\"barcode\":\"$code1\",\"quantity\":5,\"boot_id\":\"$boot_id\",\"seq\":$seq}" "X-API-Key: $device_key"
same "$last_answer" "$answer" 'a repeat across the power cut gets the first answer'
stop_shop "$second_pid"

say "- restore into another directory"
other=$scratch/other
shop_cli "$other" restore "$scratch/shop.cwb" >/dev/null || fail 'restore'
start_shop "$other" --https 127.0.0.1:0
over_tls /health
same ok "$(of_answer 'it.status')" 'who trusted the shop trusts it after a restore'
owner=$(sign_in e2e-owner)
state_of_shop "$owner" >"$scratch/restored.txt"
cmp "$scratch/before-backup.txt" "$scratch/restored.txt" || fail 'the restored shop differs'
as "$owner" GET "/orders/$order_id"
expect 200 'the order is there'
stop_shop "$shop_pid"

say "- a truncated backup changes nothing"
size=$(wc -c <"$scratch/shop.cwb")
head -c "$((size / 2))" "$scratch/shop.cwb" >"$scratch/cut.cwb"
database=$other/cartwright.redb
sum_before=$(checksum "$database")
refused 'verify of a truncated backup' 'cut|truncat|damaged|short|incomplete|end' \
    "$binary" verify "$scratch/cut.cwb" --data "$other"
refused 'restore of a truncated backup' 'cut|truncat|damaged|short|incomplete|end' \
    "$binary" restore "$scratch/cut.cwb" --force --data "$other"
same "$sum_before" "$(checksum "$database")" 'the database is untouched'
start_shop "$other"
state_of_shop "$(sign_in e2e-owner)" >"$scratch/untouched.txt"
cmp "$scratch/restored.txt" "$scratch/untouched.txt" || fail 'a damaged backup changed the shop'
stop_shop "$shop_pid"

say "- the map's mistakes are named"
printf '%s' '{"name":"m","unit":"m","nodes":[{"id":"a","x":0,"y":0}],"edges":[{"from":"a","to":"nowhere"}]}' \
    >"$scratch/map.json"
refused 'a map whose edge names a missing node' 'nowhere' "$binary" import map "$scratch/map.json" --data "$other"

say "- the demo"
start_server demo demo --http 127.0.0.1:0
demo_data=$(sed -n 's/^Data  *//p' "$shop_output")
# What it prints for people to copy is a whole command.
first_scan=$(grep -m 1 '^ *curl ' "$shop_output") || fail 'the demo prints no first scan'
answer=$(bash -c "$first_scan") || fail "the printed scan failed: $first_scan"
same true "$(of_answer 'it.success')" 'the printed scan succeeds'
read -r name secret < <(sed -n 's/^Shopper .*username \([^ ]*\) *password \([^ ]*\).*/\1 \2/p' "$shop_output")
request POST /auth/login "{\"username\":\"$name\",\"password\":\"$secret\"}"
expect 200 'the printed shopper signs in'
[[ -d $demo_data ]] || fail "the demo's data is not in $demo_data"
stop_shop "$shop_pid"
[[ ! -e $demo_data ]] || fail 'a clean stop of the demo left its data behind'

say "end to end: all as it should be"

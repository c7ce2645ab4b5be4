#!/usr/bin/env bash
# What runs on trolleys. The client library: its core under the sanitizers of both compilers, its
# port against stub headers, and as a real client behind a network that loses and doubles. And
# what the boards of published smart carts send, byte for byte.
#
#   tests/firmware.sh [NAME...]    all of: core port archive client survey; or those named
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/shop.sh
source tests/shop.sh

readonly library=assets/firmware/cartwright-cart
readonly strict=(-Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -Wstrict-prototypes -I "$library/src" -I tests/firmware)
readonly sanitized=(-std=c99 -g -O1 '-fsanitize=address,undefined' -fno-sanitize-recover=all)
readonly password='a-Lossy-network-19'
readonly client_carts=4
readonly shop_deaths=3

# The units of the core, each compiler alone: they warn of different things.
check_core() {
    local compiler unit
    for compiler in gcc clang; do
        for unit in parts cart power fuzz; do
            "$compiler" "${strict[@]}" "${sanitized[@]}" "tests/firmware/test_$unit.c" "$library"/src/*.c \
                -o "$scratch/$unit.$compiler" || fail "$unit does not compile with $compiler"
            "$scratch/$unit.$compiler" || fail "$unit, by $compiler"
        done
        # The smallest sizes that are allowed hold together, too.
        "$compiler" "${strict[@]}" -std=c99 -fsyntax-only -DCW_QUEUE_EVENTS=2 -DCW_SEND_BYTES=1024 \
            -DCW_ANSWER_BYTES=512 -DCW_BATCH_MAX=1 -DCW_CODE_MAX=14 "$library"/src/*.c ||
            fail "the smallest sizes do not compile with $compiler"
    done
    check_purity
}

# The core needs of the C library what moves bytes, and nothing that allocates or prints.
check_purity() {
    local unit foreign
    for unit in "$library"/src/*.c; do
        gcc -std=c99 -Os -ffreestanding -fno-builtin -I "$library/src" -c "$unit" -o "$scratch/$(basename "$unit").o"
    done
    foreign=$(nm --undefined-only --format=just-symbols "$scratch"/*.c.o | grep -Ev ':$|^cw_|^$|^(mem(cpy|move|set|cmp|chr)|str(len|cmp))$' | sort -u || true)
    [[ -z $foreign ]] || fail "the core uses $foreign"
    foreign=$(nm --defined-only "$scratch"/*.c.o | awk '$2 ~ /^[BbDdCc]$/ { print $3 }')
    [[ -z $foreign ]] || fail "the core has memory of its own: $foreign"
}

# The port and the example against stub headers: syntax and types, not the chip. The core's header
# has to be C++ as well.
check_port() {
    local compiler
    for compiler in g++ clang++; do
        "$compiler" -std=c++17 -fsyntax-only -Wall -Wextra -Werror -Wno-missing-field-initializers -DARDUINO_ARCH_ESP32 \
            -isystem tests/firmware/stubs -I "$library/src" "$library/src/port/arduino/CartwrightCart.cpp" ||
            fail "the port does not compile with $compiler"
        "$compiler" -std=c++17 -fsyntax-only -Wall -Wextra -Werror -DARDUINO_ARCH_ESP32 -isystem tests/firmware/stubs \
            -I "$library/src" -include Arduino.h -x c++ "$library/examples/SmartCart/SmartCart.ino" ||
            fail "the example does not compile with $compiler"
    done
}

# The archive that the shop serves: sound, the same every time, and what the repository has.
check_archive() {
    start_shop "$scratch/archive"
    curl -fsS "$base_url/docs/firmware/cartwright-cart.zip" -o "$scratch/one.zip"
    curl -fsS "$base_url/docs/firmware/cartwright-cart.zip" -o "$scratch/two.zip"
    cmp "$scratch/one.zip" "$scratch/two.zip" || fail "the archive is not the same every time"
    python3 -m zipfile -t "$scratch/one.zip" >/dev/null || fail "the archive is not sound"
    python3 -m zipfile -e "$scratch/one.zip" "$scratch/unpacked"
    diff -r "$library" "$scratch/unpacked/cartwright-cart" || fail "the archive is not the library"
    curl -fsS "$base_url/docs/firmware/src/cw_queue.c" | cmp - "$library/src/cw_queue.c" || fail "a file is another"
    curl -fsS "$base_url/docs/devices" -o "$scratch/protocol.html"
    grep -q 'Exactly once' "$scratch/protocol.html" || fail "there is no page of the protocol"
    stop_shop "$shop_pid"
}

# The client against the real program, which dies three times meanwhile.
check_client() {
    local data=$scratch/client url=$scratch/client.url seed=${FIRMWARE_SEED:-7} number deaths client
    gcc -std=c11 "${strict[@]}" "${sanitized[@]:1}" -DCW_TIMEOUT_MS=800u -DCW_BACKOFF_FIRST_MS=40u -DCW_BACKOFF_MOST_MS=300u \
        -DCW_FRESH_MS=400u tests/firmware/host_cart.c "$library"/src/*.c -o "$scratch/host_cart"
    start_shop "$data" --demo
    printf '%s' "$base_url" >"$url"
    printf '%s' "$password" | shop_cli "$data" user add --username floor --role staff --password-stdin >/dev/null
    for ((number = 1; number <= client_carts; number++)); do
        shop_cli "$data" device add --name "Cart $number" --json
    done | node -e 'console.log(JSON.stringify(require("fs").readFileSync(0, "utf8").trim().split(/(?<=})\s*/).map(it => JSON.parse(it))))' >"$scratch/devices.json"
    python3 tests/firmware/lossy.py "$url" "$scratch/host_cart" "$scratch" "$seed" floor "$password" "$scratch/devices.json" &
    client=$!
    for ((deaths = 0; deaths < shop_deaths; deaths++)); do
        sleep 2
        kill_shop "$shop_pid"
        sleep 0.5
        start_shop "$data"
        printf '%s' "$base_url" >"$url.new"
        mv "$url.new" "$url"
    done
    wait "$client" || fail "carts behind a lossy network, seed $seed"
    stop_shop "$shop_pid"
}

# The boards of others, as their firmware was published.
check_survey() {
    local data=$scratch/survey token
    start_shop "$data"
    printf '%s' "$password" | shop_cli "$data" user add --username survey --role admin --password-stdin >/dev/null
    token=$(shop_cli "$data" user token --username survey --minutes 60)
    python3 tests/firmware_survey.py "$base_url" "$token"
    stop_shop "$shop_pid"
}

if (($# == 0)); then
    set -- core port archive client survey
fi
for name in "$@"; do
    say "firmware: $name"
    "check_$name"
done

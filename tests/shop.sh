# shellcheck shell=bash
# Sourced by the scripts beside it: starts and ends shops, and asks them.
#
# A shop is a server process in a data directory of its own, on a free port. Whatever a script
# started is ended by process id when the script ends, and its scratch directory removed.

readonly READY_TIMEOUT_S=90
readonly END_TIMEOUT_S=30

binary=${BINARY_UNDER_TEST:-${CARGO_TARGET_DIR:-target}/debug/cartwright}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cartwright-test.XXXXXX")
shop_pids=()
shop_pid=
shop_output=
base_url=
started_count=0

# Settings of whoever runs the tests are not the tests' settings.
for name in $(compgen -e | grep -E '^(CARTWRIGHT_|JWT_|FIXED_OTP)' || true); do
    unset "$name"
done

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    local log
    for log in "$scratch"/*.err; do
        if [[ -s $log ]]; then
            printf -- '--- the last lines of %s\n' "${log##*/}" >&2
            tail -n 20 "$log" >&2
        fi
    done
    exit 1
}

clean_up() {
    local pid
    for pid in "${shop_pids[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs the command line on a data directory: shop_cli DIR ARGUMENT...
shop_cli() {
    local data=$1
    shift
    "$binary" "$@" --data "$data"
}

# Serves DIR and waits until it answers: start_shop DIR [OPTION...]
start_shop() {
    local data=$1
    shift
    start_server "${data##*/}" serve --http 127.0.0.1:0 --data "$data" "$@"
}

# Runs a command that serves and waits until it answers: start_server NAME ARGUMENT...
# Sets shop_pid, shop_output (the file with its stdout) and base_url.
start_server() {
    local log line deadline
    started_count=$((started_count + 1))
    log=$scratch/$1.$started_count
    shift
    shop_output=$log.out
    : >"$shop_output"
    "$binary" "$@" >"$shop_output" 2>"$log.err" &
    shop_pid=$!
    shop_pids+=("$shop_pid")
    deadline=$((SECONDS + READY_TIMEOUT_S))
    while ! line=$(grep -m 1 '^ready http=' "$shop_output"); do
        if ! kill -0 "$shop_pid" 2>/dev/null; then
            fail "'cartwright $1' ended before it was ready"
        fi
        if ((SECONDS >= deadline)); then
            fail "'cartwright $1' was not ready within $READY_TIMEOUT_S s"
        fi
        sleep 0.1
    done
    base_url=${line#ready http=}
    base_url=${base_url%% *}
}

# Asks a server to end, and expects a clean end: stop_shop PID
stop_shop() {
    local pid=$1 code=0 deadline=$((SECONDS + END_TIMEOUT_S))
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        if ((SECONDS >= deadline)); then
            fail "the server did not end within $END_TIMEOUT_S s of SIGTERM"
        fi
        sleep 0.1
    done
    wait "$pid" || code=$?
    forget_shop "$pid"
    if ((code != 0)); then
        fail "the server ended with exit code $code"
    fi
}

# Ends a server as a power cut would: kill_shop PID
kill_shop() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || true
    forget_shop "$1"
}

# A process id may be given to somebody else's process later.
forget_shop() {
    local pid kept=()
    for pid in "${shop_pids[@]}"; do
        if [[ $pid != "$1" ]]; then
            kept+=("$pid")
        fi
    done
    shop_pids=("${kept[@]}")
}

# Reads JSON from stdin and prints an expression of it, `it`: json 'it.id'
json() {
    node -e '
        const it = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const value = new Function("it", "return " + process.argv[1])(it);
        console.log(typeof value === "string" ? value : JSON.stringify(value));
    ' "$1"
}

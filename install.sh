#!/bin/sh
# Installs, upgrades or removes Cartwright on this machine.
#
# It takes a finished binary or builds one, gives the server a user and a data
# directory of its own, and hands it to systemd where systemd runs. Running it
# again upgrades: the binary is replaced in one step and the data stays.
#
# DESTDIR=DIR stages every file below DIR (for packages and tests): no user is
# created, nothing changes owner and systemd is left alone.

set -eu
umask 022

service=cartwright
user=cartwright
default_prefix=/usr/local
default_data=/var/lib/cartwright
port=8080

destdir=${DESTDIR:-}
prefix=
data=
binary=
start=yes
dry_run=no
action=install

usage() {
    cat <<'USAGE'
Usage: install.sh [OPTIONS]

Installs Cartwright, or upgrades it if it is there already. Needs root.

  --prefix DIR    install the binary to DIR/bin (default /usr/local)
  --data DIR      keep the shop's data in DIR (default /var/lib/cartwright)
  --binary FILE   install FILE; otherwise ./target/dist/cartwright, then
                  ./target/release/cartwright, and if neither exists cargo
                  builds one
  --no-start      install, but do not start or restart the service
  --uninstall     stop the service and remove it and the binary; data is kept
  --dry-run       print every command instead of running it; needs no root
  --help          print this text

Examples:
  sudo ./install.sh
  sudo ./install.sh --binary ~/Downloads/cartwright
  ./install.sh --dry-run --prefix /opt/cartwright
USAGE
}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

fail_usage() {
    printf 'install.sh: %s\n' "$*" >&2
    printf 'Try: install.sh --help\n' >&2
    exit 2
}

# Prints its arguments as one line that a shell would read back the same.
quoted() {
    quoted_line=
    for word in "$@"; do
        case $word in
            '' | *[!A-Za-z0-9_./:=@%+,-]*)
                word=\'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")\' ;;
        esac
        quoted_line="$quoted_line $word"
    done
    printf '%s\n' "${quoted_line# }"
}

# Runs a command, or only prints it with --dry-run.
run() {
    if [ "$dry_run" = yes ]; then
        printf '+ '
        quoted "$@"
    else
        "$@"
    fi
}

# The unit file and the messages take these paths as they are, so they may hold
# nothing that systemd, sed or a shell would read as anything but a name.
require_plain_path() {
    case $2 in
        /*) ;;
        *) fail_usage "$1 needs an absolute path, not '$2'" ;;
    esac
    case $2 in
        *[!A-Za-z0-9_./-]*) fail_usage "$1 may hold only letters, digits and _ . / - , not '$2'" ;;
        */../* | */.. | */./* | */.) fail_usage "$1 may not hold '.' or '..' components: '$2'" ;;
    esac
}

without_trailing_slashes() {
    path=$1
    while [ "$path" != "${path%/}" ]; do
        path=${path%/}
    done
    printf '%s\n' "$path"
}

parse_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix | --data | --binary)
                if [ $# -lt 2 ] || [ -z "$2" ]; then
                    fail_usage "$1 needs a value"
                fi
                option=$1
                value=$2
                shift
                ;;
            --prefix=?* | --data=?* | --binary=?*)
                option=${1%%=*}
                value=${1#*=}
                ;;
            --no-start) start=no option= ;;
            --uninstall) action=uninstall option= ;;
            --dry-run) dry_run=yes option= ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) fail_usage "unknown option '$1'" ;;
        esac
        case $option in
            --prefix)
                require_plain_path --prefix "$value"
                prefix=$(without_trailing_slashes "$value")
                ;;
            --data)
                require_plain_path --data "$value"
                data=$(without_trailing_slashes "$value")
                [ -n "$data" ] || fail_usage "--data may not be the root directory"
                ;;
            --binary) binary=$value ;;
        esac
        shift
    done
    prefix_given=$prefix
}

systemd_runs() {
    [ -z "$destdir" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1
}

# A second run without options keeps to the places that the first one chose:
# the installed unit remembers them.
read_installed_unit() {
    installed_program=
    installed_data=
    if [ -r "$unit" ]; then
        installed_program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit" | head -n 1)
        installed_data=$(sed -n 's/^Environment=CARTWRIGHT_DATA=//p' "$unit" | head -n 1)
    fi
    case $installed_program in
        */bin/cartwright) installed_prefix=${installed_program%/bin/cartwright} ;;
        *) installed_prefix=$default_prefix ;;
    esac
    if [ -z "$prefix_given" ]; then
        prefix=$installed_prefix
    fi
    if [ -z "$data" ]; then
        data=${installed_data:-$default_data}
    fi
    program=$prefix/bin/cartwright
}

require_root() {
    if [ "$dry_run" = no ] && [ -z "$destdir" ] && [ "$(id -u)" != 0 ]; then
        fail "must run as root, for example with sudo; --dry-run shows what it would do"
    fi
}

# --- the binary -------------------------------------------------------------

find_cargo() {
    if command -v cargo 2>/dev/null; then
        return 0
    fi
    # sudo hides the toolchain that the calling user has in their home.
    if [ -n "${SUDO_USER:-}" ] && command -v getent >/dev/null 2>&1; then
        home=$(getent passwd "$SUDO_USER" | cut -d : -f 6)
        if [ -x "$home/.cargo/bin/cargo" ]; then
            printf '%s\n' "$home/.cargo/bin/cargo"
            return 0
        fi
    fi
    return 1
}

build_binary() {
    say "Building Cartwright, this takes some minutes"
    # Never as root when a user called sudo: their build directory stays theirs.
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        run sudo -H -u "$SUDO_USER" -- "$cargo" build --locked --profile dist \
            --manifest-path "$here/Cargo.toml" --target-dir "$here/target"
    else
        run "$cargo" build --locked --profile dist \
            --manifest-path "$here/Cargo.toml" --target-dir "$here/target"
    fi
}

find_binary() {
    if [ -n "$binary" ]; then
        [ -f "$binary" ] || fail "--binary '$binary' is not a file"
        return 0
    fi
    for candidate in "$here/target/dist/cartwright" "$here/target/release/cartwright"; do
        if [ -f "$candidate" ]; then
            binary=$candidate
            say "Using $binary; to ship newer sources, run 'cargo build --profile dist' first"
            return 0
        fi
    done
    if [ -f "$here/Cargo.toml" ] && cargo=$(find_cargo); then
        build_binary
        binary=$here/target/dist/cartwright
        return 0
    fi
    fail "found no binary and no cargo to build one: give one with --binary FILE, or install Rust (https://rustup.rs) and run this again"
}

# Refuses a file for another processor, or one that is no program at all,
# before the installed one is touched.
check_binary() {
    if [ "$dry_run" = yes ]; then
        return 0
    fi
    case $binary in
        /*) ;;
        *) binary=$(pwd)/$binary ;;
    esac
    # A copy, because the file may lack its execute bit or lie on a noexec mount.
    cp -- "$binary" "$staged_program"
    chmod 755 "$staged_program"
    "$staged_program" --version >/dev/null 2>&1 || fail "'$binary' does not run on this machine (cartwright --version failed)"
}

install_binary() {
    run mkdir -p "$destdir$prefix/bin"
    staged_program=$destdir$program.new.$$
    if [ "$dry_run" = yes ]; then
        run cp -- "$binary" "$staged_program"
        run chmod 755 "$staged_program"
    else
        trap 'rm -f -- "$staged_program"' EXIT
        trap 'exit 1' HUP INT TERM
        check_binary
    fi
    # A rename: a running server keeps its old file, and there is never half a one.
    run mv -f -- "$staged_program" "$destdir$program"
}

# --- the user and the data --------------------------------------------------

create_user() {
    if [ -n "$destdir" ] || id "$user" >/dev/null 2>&1; then
        return 0
    fi
    nologin=/bin/false
    for shell in /usr/sbin/nologin /sbin/nologin /usr/bin/nologin; do
        if [ -x "$shell" ]; then
            nologin=$shell
            break
        fi
    done
    if command -v useradd >/dev/null 2>&1; then
        run useradd --system --user-group --home-dir "$data" --no-create-home --shell "$nologin" "$user"
    elif command -v addgroup >/dev/null 2>&1 && command -v adduser >/dev/null 2>&1; then
        # BusyBox.
        run addgroup -S "$user"
        run adduser -S -D -H -h "$data" -s "$nologin" -G "$user" "$user"
    else
        fail "found neither useradd nor adduser: create the system user '$user', then run this again"
    fi
}

# An existing directory with other things in it is never taken over: it would
# lose its owner and its permissions.
check_data_directory() {
    directory=$destdir$data
    if [ -e "$directory" ] && [ ! -d "$directory" ]; then
        fail "$data is not a directory: move it away or choose another with --data"
    fi
    if [ ! -d "$directory" ] || [ -e "$directory/cartwright.redb" ] || [ -e "$directory/config.toml" ] \
        || [ -e "$directory/keys" ]; then
        return 0
    fi
    if [ -n "$(find "$directory/." ! -name . -prune ! -name lost+found 2>/dev/null | head -n 1)" ]; then
        fail "$data holds files but no Cartwright data: choose an empty directory with --data"
    fi
}

create_data_directory() {
    directory=$destdir$data
    if [ ! -d "$directory" ]; then
        run mkdir -p "$(dirname -- "$directory")"
        run mkdir -m 0700 "$directory"
    fi
    run chmod 0700 "$directory"
    if [ -n "$destdir" ]; then
        return 0
    fi
    if [ "$dry_run" = yes ] || [ -n "$(find "$directory" -prune ! -user "$user")" ]; then
        run chown -R -P "$user:$user" "$directory"
    fi
}

# --- the service ------------------------------------------------------------

# The unit for this prefix and data directory. Outside of /var/lib systemd does
# not manage the directory, so the unit only opens it for writing.
render_unit() {
    if [ "$data" = "$default_data" ]; then
        sed "s|^ExecStart=[^ ]*|ExecStart=$program|" "$here/assets/cartwright.service"
    else
        sed -e "s|^ExecStart=[^ ]*|ExecStart=$program|" \
            -e "s|^Environment=CARTWRIGHT_DATA=.*|Environment=CARTWRIGHT_DATA=$data|" \
            -e "s|^StateDirectory=.*|ReadWritePaths=$data|" \
            -e '/^StateDirectoryMode=/d' "$here/assets/cartwright.service"
    fi
}

install_unit() {
    if [ "$dry_run" = yes ]; then
        say "+ write $unit (from assets/cartwright.service, ExecStart=$program serve)"
        return 0
    fi
    mkdir -p "$(dirname -- "$unit")"
    render_unit >"$unit.new"
    chmod 644 "$unit.new"
    mv -f -- "$unit.new" "$unit"
}

start_service() {
    run systemctl daemon-reload
    if [ "$start" = no ]; then
        run systemctl enable "$service"
        return 0
    fi
    was_active=no
    if systemctl is-active --quiet "$service" 2>/dev/null; then
        was_active=yes
    fi
    run systemctl enable --now "$service"
    if [ "$was_active" = yes ]; then
        run systemctl restart "$service"
    fi
    if [ "$dry_run" = yes ]; then
        return 0
    fi
    sleep 2
    systemctl is-active --quiet "$service" \
        || fail "the service does not stay up: see 'journalctl -u $service -n 50'"
}

# --- what to do next --------------------------------------------------------

setup_address() {
    host=$(hostname -I 2>/dev/null | cut -d ' ' -f 1) || host=
    case $host in
        '') host=$(hostname 2>/dev/null || uname -n) ;;
        *:*) host="[$host]" ;;
    esac
    printf 'http://%s:%s/admin/\n' "$host" "$port"
}

data_argument() {
    if [ "$data" != "$default_data" ]; then
        printf ' --data %s' "$data"
    fi
}

print_next_steps() {
    say
    if [ "$dry_run" = yes ]; then
        say "Nothing was changed. After a real run:"
    elif [ -n "$destdir" ]; then
        say "Staged below $destdir."
        return 0
    else
        say "Cartwright is installed: $program, data in $data"
    fi
    if ! systemd_runs; then
        say "There is no systemd here. Start the server as root with:"
        say "  su -s /bin/sh $user -c '$program serve --data $data'"
        say "and let your init system do the same at boot."
    elif [ "$start" = no ]; then
        say "Start it with:    systemctl restart $service"
        say "Logs:             journalctl -u $service"
    else
        say "Logs:             journalctl -u $service"
    fi
    say "Set up the shop:  $(setup_address)"
    say "The setup token:  $program setup-token$(data_argument)"
}

install_all() {
    [ -f "$here/assets/cartwright.service" ] \
        || fail "assets/cartwright.service is missing beside install.sh: run it from a complete copy of the sources"
    require_root
    check_data_directory
    find_binary
    create_user
    create_data_directory
    install_binary
    if [ -n "$destdir" ]; then
        install_unit
    elif systemd_runs; then
        install_unit
        start_service
    fi
    print_next_steps
}

uninstall_all() {
    require_root
    if [ ! -e "$unit" ] && [ ! -e "$destdir$program" ]; then
        say "Cartwright is not installed in $prefix."
    fi
    if [ -e "$unit" ]; then
        if systemd_runs; then
            run systemctl disable --now "$service"
        fi
        run rm -f -- "$unit"
        if systemd_runs; then
            run systemctl daemon-reload
        fi
    elif [ -e "$destdir$program" ] && [ -z "$destdir" ]; then
        say "A server started by hand keeps running until you stop it."
    fi
    run rm -f -- "$destdir$program"
    if [ -d "$destdir$data" ]; then
        say "The shop's data is kept in $destdir$data."
        say "To delete it for good:  $(quoted rm -r "$destdir$data")"
    fi
    if [ -z "$destdir" ] && id "$user" >/dev/null 2>&1; then
        say "The system user '$user' is kept with it; userdel $user removes it."
    fi
}

main() {
    parse_arguments "$@"
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
    unit=$destdir/etc/systemd/system/$service.service
    read_installed_unit
    case $action in
        install) install_all ;;
        uninstall) uninstall_all ;;
    esac
}

main "$@"

# System packages, installed only when something is missing.
# shellcheck shell=bash

# Print the first Python that Odoo 19 can use and that can make a venv.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        "$candidate" -c '
import sys, venv, ensurepip
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(1)
print(sys.executable)' 2>/dev/null && return
    done
    return 1
}

# Print the folder of PostgreSQL's server programs.
find_postgres_bin() {
    local newest
    newest=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1)
    [[ -n $newest ]] || newest=$(command -v initdb) || return 1
    dirname "$newest"
}

# Odoo looks for these names. Ubuntu's chromium only starts a snap, which cannot see Odoo's temporary folders.
have_browser() {
    local name path
    for name in google-chrome chromium chromium-browser google-chrome-stable; do
        path=$(command -v "$name") || continue
        path=$(readlink -f "$path")
        [[ $path == */snap* ]] || grep -aqs /snap/ <(head -c 4096 "$path") || return 0
    done
    return 1
}

is_ubuntu() { grep -qs '^ID=ubuntu' /etc/os-release; }

ensure_packages() {
    local scope=$1 missing=()
    find_python >/dev/null || missing+=(python3-venv)
    if [[ $scope == all ]]; then
        [[ -n ${PGHOST:-} ]] || find_postgres_bin >/dev/null || missing+=(postgresql)
        if ! have_browser; then
            if is_ubuntu; then
                say "no browser for the tours (Ubuntu's chromium is a snap): install google-chrome-stable; going on without"
            else
                missing+=(chromium)
            fi
        fi
    fi
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
    find_python >/dev/null || die "no usable Python: install Python 3.11, 3.12 or 3.13 with its venv module"
}

# For the fault tests, which run a server whose clock is wrong.
ensure_faketime() {
    compgen -G '/usr/lib*/faketime/libfaketimeMT.so.1' >/dev/null || compgen -G '/usr/lib*/*/faketime/libfaketimeMT.so.1' >/dev/null ||
        install_packages libfaketime
}

# For the test of the configuration in doc/inbound_host.rst. It is unpacked, not installed: that would start it.
ensure_nginx() {
    local folder=$RETAIL_HUB_CACHE/nginx
    RETAIL_HUB_NGINX=$(PATH=$PATH:/usr/sbin command -v nginx) || RETAIL_HUB_NGINX=$folder/usr/sbin/nginx
    export RETAIL_HUB_NGINX
    [[ ! -x $RETAIL_HUB_NGINX ]] || return 0
    say "getting nginx"
    rm -rf "$folder" "$folder.partial"
    mkdir -p "$folder.partial"
    if (cd "$folder.partial" && apt-get -qq download nginx && dpkg-deb --extract nginx_*.deb .) >>"$SETUP_LOG" 2>&1; then
        mv "$folder.partial" "$folder"
    else
        say "nginx cannot be had: install it to test the proxy (see $SETUP_LOG)"
    fi
}

install_packages() {
    have apt-get || die "missing: $*. Install what your system calls these packages, then run this again"
    say "installing system packages: $*"
    if ! apt_get install "$@"; then
        say "refreshing the package lists"
        apt_get update || say "apt-get update reported errors; trying all the same"
        apt_get install "$@" || die "apt-get could not install: $*"
    fi
}

apt_get() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$1" --yes --no-install-recommends)
    shift
    is_root || { have sudo || die "run as root, or install sudo: needed for apt-get install $*"; command=(sudo "${command[@]}"); }
    "${command[@]}" "$@" >>"$SETUP_LOG" 2>&1
}

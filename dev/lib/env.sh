# Sourced by every command in dev/: where things are, how to talk to the developer, and `prepare`.
# shellcheck shell=bash

RETAIL_HUB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
RETAIL_HUB_CACHE=${RETAIL_HUB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/retail_hub}
[[ $RETAIL_HUB_CACHE == /* ]] || RETAIL_HUB_CACHE=$PWD/$RETAIL_HUB_CACHE

say() { printf 'retail_hub: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [[ $(id -u) -eq 0 ]]; }

# short_hash < TEXT: eight characters that stand for the text.
short_hash() { sha256sum | cut -c1-8; }

# Several checkouts may share one cache: what is particular to this one is in a folder of its own.
RETAIL_HUB_CHECKOUT_ID=$(short_hash <<<"$RETAIL_HUB_ROOT")
CHECKOUT_DIR=$RETAIL_HUB_CACHE/checkouts/$RETAIL_HUB_CHECKOUT_ID
SETUP_LOG=$CHECKOUT_DIR/setup.log
export RETAIL_HUB_ROOT RETAIL_HUB_CACHE RETAIL_HUB_CHECKOUT_ID

for step in packages odoo venv postgres config; do
    # shellcheck source=/dev/null
    source "$RETAIL_HUB_ROOT/dev/lib/setup_$step.sh"
done

# prepare tests|all|venv: make sure that everything, all but what only tests need, or only Odoo and the Python packages
# is there; export where it is.
prepare() {
    local scope=$1
    mkdir -p "$CHECKOUT_DIR" 2>/dev/null || die "cannot write to $RETAIL_HUB_CACHE: set RETAIL_HUB_CACHE to a folder you own"
    exec 9>"$RETAIL_HUB_CACHE/setup.lock"
    flock --nonblock 9 || { say "waiting for another setup to finish" && flock 9; }

    ensure_packages "$scope"
    ensure_odoo
    ensure_venv
    link_addon
    if [[ $scope != venv ]]; then
        ensure_postgres
        write_config
        ensure_template
    fi
    if [[ $scope == tests ]]; then ensure_neighbours; fi
    exec 9>&-
}

# Peers that only dev/bench compares with. The addon does not need them, and is not tested with them.
# shellcheck shell=bash

BENCH_PEER=odoo-addon-shopify-connector==19.0.1.1.0.4  # AGPL-3

# Put the peers into the addons path of a configuration of the benchmarks' own. Without them, their figures are left out.
ensure_bench_peers() {
    local folder
    folder=$RETAIL_HUB_CACHE/bench-$(short_hash <<<"$BENCH_PEER")
    if [[ ! -d $folder ]]; then
        say "getting $BENCH_PEER, to compare with"
        rm -rf "$folder.partial"
        if "$RETAIL_HUB_PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder.partial" \
            "$BENCH_PEER" >>"$SETUP_LOG" 2>&1; then
            mv "$folder.partial" "$folder"
        else
            say "it cannot be had: its figures are left out (see $SETUP_LOG)"
            return 0
        fi
    fi
    replace_file "$CHECKOUT_DIR/bench.conf" < <(sed "s|^addons_path = .*|&,$folder/odoo/addons|" "$RETAIL_HUB_ODOO_CONF")
    export RETAIL_HUB_ODOO_CONF=$CHECKOUT_DIR/bench.conf
    export ODOO_RC=$RETAIL_HUB_ODOO_CONF
}

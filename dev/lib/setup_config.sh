# What belongs to this checkout: the addons folder, Odoo's configuration, the template database.
# shellcheck shell=bash

link_addon() {
    mkdir -p "$CHECKOUT_DIR/addons"
    [[ -L $CHECKOUT_DIR/addons/retail_hub ]] || ln -s "$RETAIL_HUB_ROOT" "$CHECKOUT_DIR/addons/retail_hub"
}

write_config() {
    mkdir -p "$CHECKOUT_DIR/logs" "$RETAIL_HUB_CACHE/data"
    replace_file "$CHECKOUT_DIR/odoo.conf" < <(odoo_config)
    export RETAIL_HUB_ODOO_CONF=$CHECKOUT_DIR/odoo.conf
    export RETAIL_HUB_DATA_DIR=$RETAIL_HUB_CACHE/data
    export RETAIL_HUB_LOGS=$CHECKOUT_DIR/logs
    RETAIL_HUB_TEMPLATE=$(template_name)
    RETAIL_HUB_NEIGHBOURS=$(neighbours_name)
    export RETAIL_HUB_TEMPLATE RETAIL_HUB_NEIGHBOURS
    export ODOO_RC=$RETAIL_HUB_ODOO_CONF
}

# replace_file NAME < TEXT: no reader ever sees half a file.
replace_file() { cat >"$1.$$" && mv "$1.$$" "$1"; }

addons_path() {
    local folder paths=() community=$ODOO_PATH/addons
    # In a source checkout the addons are next to the package; in an installed one they are inside.
    [[ ! -d $ODOO_PATH/odoo/addons/web ]] || community=
    for folder in "$ODOO_PATH/odoo/addons" "$community" "$VENV"/lib/python3*/site-packages/odoo/addons \
        "$CHECKOUT_DIR/addons" "$RETAIL_HUB_ROOT/dev/addons"; do
        if compgen -G "$folder/*/__manifest__.py" >/dev/null; then paths+=("$folder"); fi
    done
    (IFS=, && echo "${paths[*]}")
}

odoo_config() {
    cat <<CONFIG
[options]
addons_path = $(addons_path)
data_dir = $RETAIL_HUB_CACHE/data
server_wide_modules = base,web,rpc,queue_job
http_interface = 127.0.0.1
db_host = $PGHOST
db_user = ${PGUSER:-$(id -un)}
screenshots = $CHECKOUT_DIR/screenshots

[queue_job]
channels = root:4,root.retail.realtime:2,root.retail.bulk:1,root.retail.inbound:1
host = 127.0.0.1

[retail_hub]
allow_hosts = 127.0.0.1
CONFIG
}

TEMPLATE_MODULES=base,web,stock,account,sale_stock,point_of_sale,sale_loyalty,pos_loyalty,queue_job

template_name() {
    echo "$ODOO_VERSION $TEMPLATE_MODULES assets $RETAIL_HUB_CACHE" |
        cat - <(grep -h odoo-addon-queue-job "$RETAIL_HUB_ROOT/requirements-dev.txt") | short_hash | sed 's/^/retail_hub_template_/'
}

# Modules that many retailers have besides, and that the addon does not need: kits, carriers, sales orders that a till
# settles, cashiers, a web shop, the app for contacts. They bring more with them, such as online payments at the till.
NEIGHBOUR_MODULES=sale_mrp,pos_mrp,stock_delivery,pos_sale,pos_hr,website_sale_stock,contacts

neighbours_name() {
    echo "$RETAIL_HUB_TEMPLATE $NEIGHBOUR_MODULES" | short_hash | sed 's/^/retail_hub_neighbours_/'
}

# A database with the modules that the addon builds on, from which the others are copied.
ensure_template() {
    template_exists "$RETAIL_HUB_TEMPLATE" && return
    say "installing Odoo's modules in a template database (about a minute)"
    make_template "$RETAIL_HUB_TEMPLATE" "$TEMPLATE_MODULES"
}

# The same with the neighbouring modules, for the tests in tests/neighbours.
ensure_neighbours() {
    template_exists "$RETAIL_HUB_NEIGHBOURS" && return
    say "installing neighbouring modules in another template database (about a minute)"
    make_template "$RETAIL_HUB_NEIGHBOURS" "$NEIGHBOUR_MODULES" "$RETAIL_HUB_TEMPLATE"
}

template_exists() { [[ -d $RETAIL_HUB_DATA_DIR/filestore/$1 ]] && database_exists "$1"; }

# make_template NAME MODULES [TEMPLATE TO START FROM]
make_template() {
    "$RETAIL_HUB_PYTHON" "$RETAIL_HUB_ROOT/dev/lib/database.py" make-template "$@" ||
        die "the template database could not be made: see $RETAIL_HUB_LOGS/$1.log"
}

database_exists() { [[ $(psql --no-password -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$1'") == 1 ]]; }

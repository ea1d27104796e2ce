# The Python packages, in a venv that sees Odoo. Sets VENV, exports RETAIL_HUB_PYTHON.
# shellcheck shell=bash

ensure_venv() {
    local python inputs
    python=$(find_python)
    inputs=$(echo "$python $ODOO_PATH $ODOO_VERSION" | cat - "$RETAIL_HUB_ROOT"/{requirements*.txt,dev/lib/setup_venv.sh} | short_hash)
    VENV=$RETAIL_HUB_CACHE/venv-$inputs
    [[ -f $VENV/.complete ]] || make_venv "$python"
    export RETAIL_HUB_PYTHON=$VENV/bin/python
    export PATH=$VENV/bin:$PATH
}

make_venv() {
    local python=$1 packages
    say "installing Python packages"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
    packages=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$ODOO_PATH" >"$packages/odoo_path.pth"
    tell_pip_about_odoo "$packages"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --retries 5 \
        -r "$RETAIL_HUB_ROOT/requirements.txt" -r "$RETAIL_HUB_ROOT/requirements-dev.txt" \
        >>"$SETUP_LOG" 2>&1 || die "pip could not install the requirements: see $SETUP_LOG"
    odoo_command >"$VENV/bin/odoo"
    chmod +x "$VENV/bin/odoo"
    touch "$VENV/.complete"
}

# queue_job requires the distribution "odoo"; a source checkout has no metadata that says that it is installed.
tell_pip_about_odoo() {
    "$VENV/bin/python" -c 'import importlib.metadata as m; m.version("odoo")' 2>/dev/null && return
    mkdir -p "$1/odoo-19.0.dist-info"
    printf 'Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n' >"$1/odoo-19.0.dist-info/METADATA"
}

# Not "python -m odoo": the prefork server starts its evented process by running its own script once more.
odoo_command() {
    cat <<COMMAND
#!$VENV/bin/python
import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
COMMAND
}

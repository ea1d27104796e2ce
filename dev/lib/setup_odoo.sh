# Odoo 19: $ODOO_HOME, else what python3 can import, else Debian's package unpacked into the cache.
# Sets ODOO_PATH (the folder that contains the package `odoo`), exported as RETAIL_HUB_ODOO_PATH, and ODOO_VERSION.
# shellcheck shell=bash

DEBIAN_MIRROR=http://deb.debian.org/debian
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Odoo's package, and those that the relative links in its web client lead to. The links are to files of the stable
# release: sid's fonts-font-awesome is a later version with other file names.
DEBIAN_PACKAGES=(odoo-19/sid libjs-jquery/trixie libjs-jquery-form/trixie libjs-underscore/trixie
    fonts-font-awesome/trixie fonts-inconsolata/trixie fonts-montserrat/trixie fonts-ocr-b/trixie
    fonts-roboto-unhinted/trixie)

ensure_odoo() {
    if [[ -n ${ODOO_HOME:-} ]]; then
        ODOO_PATH=$(cd "$ODOO_HOME" 2>/dev/null && pwd -P) || die "ODOO_HOME=$ODOO_HOME is not a folder"
        is_odoo_19 "$ODOO_PATH" || die "ODOO_HOME=$ODOO_HOME has no Odoo 19 (expected odoo/release.py there)"
        ODOO_VERSION="$(git -C "$ODOO_PATH" rev-parse HEAD 2>/dev/null || echo 19.0) $ODOO_PATH"
    elif ODOO_PATH=$(importable_odoo); then
        ODOO_VERSION="19.0 $ODOO_PATH"
    else
        ensure_debian_odoo
    fi
    export RETAIL_HUB_ODOO_PATH=$ODOO_PATH
}

is_odoo_19() { grep -qs '^version_info = (19, 0,' "$1/odoo/release.py"; }

importable_odoo() {
    local path
    path=$(python3 -c '
import os, odoo.release
print(os.path.dirname(os.path.dirname(odoo.release.__file__)))' 2>/dev/null) && is_odoo_19 "$path" && echo "$path"
}

ensure_debian_odoo() {
    local root=$RETAIL_HUB_CACHE/odoo
    if [[ ! -f $root/.complete ]]; then
        say "Odoo 19 is not here: getting Debian's package odoo-19 (120 MB)"
        download_debian_packages "$RETAIL_HUB_CACHE/apt"
        unpack_debian_packages "$RETAIL_HUB_CACHE/apt" "$root"
    fi
    ODOO_PATH=$root/usr/lib/python3/dist-packages
    ODOO_VERSION=$(cat "$root/.complete")
}

# apt with sources, lists and cache of its own: the system's are not touched.
private_apt() {
    local folder=$1
    shift
    apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$folder/state" -o Dir::State::Lists="$folder/lists" -o Dir::State::Status=/dev/null \
        -o Dir::Cache="$folder/cache" -o Acquire::Retries=5 -o Acquire::Languages=none \
        -o APT::Sandbox::User= "$@" >>"$SETUP_LOG" 2>&1
}

debian_mirror() {
    local mirror
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
        grep -E '/debian/?$' | head -1) || true
    echo "${mirror:-$DEBIAN_MIRROR}"
}

download_debian_packages() {
    local folder=$1
    have apt-get && have dpkg-deb || die "no Odoo 19 found: set ODOO_HOME to a checkout of Odoo 19.0"
    [[ -f $DEBIAN_KEYRING ]] || install_packages debian-archive-keyring
    rm -rf "$folder"
    mkdir -p "$folder"/{state,lists/partial,cache/archives/partial,packages}
    printf "deb [signed-by=$DEBIAN_KEYRING] $(debian_mirror) %s main\n" sid trixie >"$folder/sources.list"
    retry 3 private_apt "$folder" update || die "cannot read Debian's package lists: see $SETUP_LOG"
    (cd "$folder/packages" && retry 3 private_apt "$folder" download "${DEBIAN_PACKAGES[@]}") ||
        die "cannot download ${DEBIAN_PACKAGES[*]}: see $SETUP_LOG"
}

retry() {
    local times=$1 attempt
    shift
    for ((attempt = 1; attempt <= times; attempt++)); do
        "$@" && return
        say "try $attempt of $times failed"
        sleep $((attempt * 3))
    done
    return 1
}

unpack_debian_packages() {
    local folder=$1 root=$2 package
    say "unpacking Odoo"
    rm -rf "$root" "$root.partial"
    mkdir -p "$root.partial"
    for package in "$folder"/packages/*.deb; do
        dpkg-deb --extract "$package" "$root.partial"
    done
    is_odoo_19 "$root.partial/usr/lib/python3/dist-packages" || die "Debian's odoo-19 does not contain Odoo 19.0"
    complete_web_client "$root.partial/usr/lib/python3/dist-packages/odoo/addons"
    (cd "$folder/packages" && echo odoo-19_*.deb) >"$root.partial/.complete"
    mv "$root.partial" "$root"
    rm -rf "$folder"
}

# Without its links the web client has no icons. A file that a bundle names but that Debian had to leave out
# (mail's background blur, for its licence) makes every page report an error, and so every tour fail.
complete_web_client() {
    local addons=$1 left_out=$1/mail/static/lib/selfie_segmentation/selfie_segmentation.js broken
    if [[ ! -e $left_out ]]; then
        mkdir -p "$(dirname "$left_out")"
        echo '/* not part of the Debian package */' >"$left_out"
    fi
    broken=$(find "$addons"/{web,point_of_sale}/static -xtype l | head -1)
    [[ -z $broken ]] || die "a file of Odoo's web client is missing: $broken -> $(readlink "$broken")"
}

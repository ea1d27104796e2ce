# A private PostgreSQL on a unix socket, unless PGHOST names a server. Exports PGHOST, PGUSER, PATH.
# shellcheck shell=bash

ensure_postgres() {
    if [[ -n ${PGHOST:-} ]]; then
        postgres_answers || die "PGHOST=$PGHOST is set but no database answers there (role ${PGUSER:-$(id -un)})"
        return
    fi
    PG_BIN=$(find_postgres_bin) || die "PostgreSQL's server programs are missing: install the package postgresql"
    PG_FOLDER=$(cluster_folder)
    PGHOST=$(socket_folder)
    PGUSER=$(id -un)
    PATH=$PG_BIN:$PATH
    export PGHOST PGUSER PATH
    unset PGPORT PGPASSWORD PGSERVICE
    [[ $PGUSER != postgres ]] || die "Odoo refuses the database role postgres: run this as another user"
    postgres_answers && return
    [[ -f $PG_FOLDER/.complete ]] || make_cluster
    remove_stale_pid_file
    start_cluster
}

postgres_answers() { psql --no-password -d postgres -Atc 'SELECT 1' >/dev/null 2>&1; }

# PostgreSQL does not run as root: there it belongs to the user postgres, outside of /root.
cluster_folder() {
    local name
    name=pg$(basename "$(dirname "$PG_BIN")" | grep -E '^[0-9]+$')-$(short_hash <<<"$RETAIL_HUB_CACHE")
    if is_root; then echo "/var/lib/postgresql/retail_hub/$name"; else echo "$RETAIL_HUB_CACHE/postgres/$name"; fi
}

# The path of a unix socket has at most 107 characters.
socket_folder() {
    if [[ ${#PG_FOLDER} -lt 80 ]]; then echo "$PG_FOLDER/socket"; else echo "/tmp/retail_hub-$(id -u)-$(short_hash <<<"$PG_FOLDER")"; fi
}

as_postgres() { if is_root; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

make_cluster() {
    say "creating a PostgreSQL cluster in $PG_FOLDER"
    rm -rf "$PG_FOLDER"
    mkdir -p "$PG_FOLDER"
    if is_root; then chown postgres: "$(dirname "$PG_FOLDER")" "$PG_FOLDER"; fi
    as_postgres "$PG_BIN/initdb" --pgdata "$PG_FOLDER/data" --username "$PGUSER" --auth-local=peer --auth-host=reject \
        --encoding=UTF8 --locale=C.UTF-8 >>"$SETUP_LOG" 2>&1 ||
        die "initdb failed: see $SETUP_LOG"
    cluster_settings | as_postgres tee -a "$PG_FOLDER/data/postgresql.conf" >/dev/null
    as_postgres touch "$PG_FOLDER/.complete"
}

# Sized for two cores. No parallel queries: they need more shared memory than containers give, and blur measurements.
cluster_settings() {
    cat <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$PGHOST'
shared_buffers = 512MB
max_connections = 200
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
max_parallel_workers_per_gather = 0
jit = off
SETTINGS
}

# After a crash or in a restarted container the pid in the file may belong to some other process.
remove_stale_pid_file() {
    local pid_file=$PG_FOLDER/data/postmaster.pid pid
    as_postgres test -f "$pid_file" || return 0
    pid=$(as_postgres head -1 "$pid_file")
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$PG_FOLDER/data" && return
    as_postgres rm -f "$pid_file" "$PGHOST"/.s.PGSQL.*
}

start_cluster() {
    say "starting PostgreSQL"
    as_postgres mkdir -p "$PGHOST"
    as_postgres "$PG_BIN/pg_ctl" start --pgdata "$PG_FOLDER/data" --log "$PG_FOLDER/log" --wait --timeout 120 \
        >/dev/null 2>&1 </dev/null 9>&- || postgres_answers || die "PostgreSQL did not start: see $PG_FOLDER/log"
}

"""An upgrade from the version before keeps all data, and work that waited goes on."""

import configparser
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hub import PATIENCE, complaints, keep_hub_cron_only, let_cron_run

from database import run_odoo
from stack import Database, OdooServer, database_name, setting, wait_until

BEFORE = "fb425a655b2b89f490e56e7b61d72f0f822df626"  # 19.0.1.0.0
FILL = Path(__file__).with_name("fill_version_before.py")
POISON = {"property": "jobtitle", "pattern": "(?!Bad).*", "error": "INVALID_ALPHA", "message": "not this"}
KEY = {"name": "odoo_customer_id", "objectType": "contacts", "hasUniqueValue": True}
# Databases that are older still have it.
OLD_CONSTRAINT = (
    "ALTER TABLE retail_delivery ADD CONSTRAINT retail_delivery_flow_id_fkey"
    " FOREIGN KEY (flow_id) REFERENCES retail_flow ON DELETE SET NULL"
)

# What became of columns that are not what they were. All others have the same name and the same contents, but for
# when a row was changed last: an upgrade computes some fields anew.
RENAMED = {
    ("retail_binding", "is_gone"): "is_not_found",
    ("retail_delivery", "progress"): "checkpoint",
    ("retail_field_map", "owner"): "system_of_record",
    ("retail_circuit", "told_at"): "notified_at",
}


def renamed_in_defaults(values):
    """``default_values`` of a field map has names of fields in it."""
    return values and {
        "system_of_record" if name == "owner" else name: value for name, value in values.items()
    }


CHANGED = {
    ("retail_field_map", "default_values"): renamed_in_defaults,
    ("retail_field_map", "object_name"): "hubspot.{}".format,
}
# Flows that the upgrade adds to each connector: (event type, the flow that it completes).
NEW_FLOWS = (
    ("invoice.updated", "invoice.posted"),
    ("invoice.cancelled", "invoice.posted"),
    ("refund.cancelled", "refund.issued"),
    ("shipment.updated", "shipment.confirmed"),
    ("return.updated", "return.received"),
)
# Default lines that the upgrade corrects where nobody has changed them: their expression and transform now.
CORRECTED = {
    "order.hs_subtotal_price": ("untaxed", "hubspot.subtotal"),
    "invoice.hs_invoice_date": ("invoice_date", "none"),
    "invoice.hs_due_date": ("due_date", "none"),
    "invoice.hs_payment_date": ("payment_date", "none"),
    "order_shipment.hs_shipping_tracking_number": ("order_shipping.tracking_numbers", "hubspot.joined"),
    "order_shipment.hs_fulfillment_status": ("order_shipping.status", "map"),
    "order_shipment.hs_pipeline_stage": ("order_shipping.status", "map"),
}
CORRECTED_COLUMNS = {"expression", "transform", "argument", "default_values"}
# Rows of retail_connector_object have these now.
MOVED = {
    ("retail_connector", "order_object"),
    ("retail_connector", "company_object"),
    ("retail_flow", "key_property"),
    ("retail_flow", "fallback_key_property"),
}


# ----- the database of the version before -----


@pytest.fixture(scope="module")
def addons_before(tmp_path_factory):
    """An addons path whose retail_hub is that of the version before."""
    folder = tmp_path_factory.mktemp("before")
    found = subprocess.run(["git", "archive", BEFORE], cwd=setting("RETAIL_HUB_ROOT"), capture_output=True)
    if found.returncode:
        pytest.skip(f"the git history of this checkout lacks the version before ({BEFORE[:7]})")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder / "retail_hub", filter="data")
    config = configparser.RawConfigParser()
    config.read(setting("RETAIL_HUB_ODOO_CONF"))
    return f"{folder},{config['options']['addons_path']}"


@pytest.fixture(scope="module")
def database(addons_before, sandbox_process):
    """The database of the version before, with rows in every table."""
    sandbox_process.reset()
    sandbox_process.configure(validation_rules=[POISON], custom_properties=[KEY], currencies=["USD", "EUR"])
    with Database(database_name("upgrade")) as database:
        log = Path(setting("RETAIL_HUB_LOGS"), f"{database.name}-before.log")
        old = ("-d", database.name, "--addons-path", addons_before, "--no-http")
        run_odoo(*old, "-i", "retail_hub", "--stop-after-init", log=log)
        script = FILL.read_text(encoding="utf-8")
        run_odoo(
            "shell", *old, log=log, script=f"{script}\nfill(env, {sandbox_process.url!r})\nenv.cr.commit()\n"
        )
        keep_hub_cron_only(database)
        database.query(OLD_CONSTRAINT)
        yield database


@pytest.fixture(scope="module")
def before(database):
    """What the tables held before the upgrade."""
    return read_tables(database)


@pytest.fixture(scope="module")
def after(database, before):
    """What they hold after it."""
    log = Path(setting("RETAIL_HUB_LOGS"), f"{database.name}-after.log")
    run_odoo("-d", database.name, "-u", "retail_hub", "--stop-after-init", "--no-http", log=log)
    assert complaints(log.read_text(encoding="utf-8")) == []
    return read_tables(database)


def read_tables(database):
    """Return ``{table: [{column: value}]}`` of the hub's tables and its columns of other tables."""
    columns = database.query(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns c"
        "  JOIN pg_tables t ON t.schemaname = table_schema AND t.tablename = table_name"
        " WHERE (starts_with(table_name, 'retail_') OR starts_with(column_name, 'retail_')"
        "        AND table_name = 'res_company')"
        "   AND NOT EXISTS (SELECT FROM ir_model WHERE transient AND starts_with(table_name, replace(model, '.', '_')))"
        " GROUP BY table_name"
    )
    return {table: read_rows(database, table, names) for table, names in columns}


def read_rows(database, table, names):
    key = "id" if table == "res_company" or "id" in names else ", ".join(sorted(names))
    rows = database.query(f"SELECT to_jsonb(t) FROM {table} t ORDER BY {key}")
    kept = {*names, "id"}
    return [{name: value for name, value in row.items() if name in kept} for (row,) in rows]


# ----- tests -----


def test_the_version_before_had_something_everywhere(before):
    """Nothing is proved of a column without contents."""
    assert [table for table, rows in before.items() if not rows] == []
    empty = [
        f"{table}.{column}"
        for table, rows in sorted(before.items())
        for column in rows[0]
        if all(row[column] is None for row in rows)
    ]
    assert empty == []


def test_states_of_deliveries(before):
    states = {row["state"] for row in before["retail_delivery"]}
    assert states == {"pending", "in_flight", "unknown", "delivered", "dead", "superseded", "cancelled"}


def test_counts_and_contents(before, after):
    lost = []
    for table, rows in before.items():
        kept = [row for row in after[table] if not is_new_flow(table, row)]
        assert len(kept) == len(rows), table
        for old, new in zip(rows, kept, strict=True):
            lost += [(table, old.get("id"), *each) for each in differences(table, old, new)]
    assert lost == []


def is_new_flow(table, row):
    return table == "retail_flow" and row["event_type"] in dict(NEW_FLOWS)


def test_the_ledger_opens_with_what_cards_have(database, after):
    rows = database.query("SELECT kind, points::float, balance::float FROM retail_loyalty_entry ORDER BY id")
    assert rows == [("opening", 12.5, 12.5), ("opening", 3, 3)]


def test_new_flows(before, after):
    """They are on where the flow is on that they complete."""
    was_on = {(row["connector_id"], row["event_type"]): row["active"] for row in before["retail_flow"]}
    is_on = {
        (row["connector_id"], row["event_type"]): row["active"]
        for row in after["retail_flow"]
        if is_new_flow("retail_flow", row)
    }
    expected = {
        (connector, new): was_on.get((connector, completed), False)
        for connector in {connector for connector, _event_type in was_on}
        for new, completed in NEW_FLOWS
        if (connector, completed) in was_on  # HubSpot has no refunds
    }
    assert is_on == expected
    assert set(is_on.values()) == {True, False}


def test_corrected_lines(before, after):
    """A line that somebody has changed stays as it is; all others are as the provider's default is now."""
    was = {row["id"]: row for row in before["retail_field_map"]}
    for row in after["retail_field_map"]:
        if row["default_key"] in CORRECTED and row["id"] in was:
            old = was[row["id"]]
            is_changed = any(old[name] != old["default_values"][name] for name in ("expression", "transform"))
            kept = (old["expression"], old["transform"])
            expected = kept if is_changed else CORRECTED[row["default_key"]]
            assert (row["expression"], row["transform"]) == expected
            if not is_changed:
                stored = row["default_values"]
                assert [stored[name] for name in ("expression", "transform")] == list(expected)


def differences(table, old, new):
    """Return (column, value before, value after) of a row's columns that have not kept their contents."""
    found = []
    for column, value in old.items():
        if column == "write_date" or (table, column) in MOVED:
            continue
        if table == "retail_field_map" and old["default_key"] in CORRECTED and column in CORRECTED_COLUMNS:
            continue
        expected = CHANGED.get((table, column), lambda same: same)(value)
        present = new.get(RENAMED.get((table, column), column), "no such column")
        if present != expected:
            found.append((column, expected, present))
    return found


def test_deliveries_refer_without_foreign_keys(database, after):
    """The check of a foreign key costs a user's transaction several times what an index costs."""
    constraints = database.query(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'retail_delivery'::regclass AND contype = 'f'"
    )
    columns = ("flow_id", "connector_id", "company_id")
    assert {name for (name,) in constraints}.isdisjoint(f"retail_delivery_{each}_fkey" for each in columns)


def test_what_records_become(before, after):
    """What the admin chose, and the keys of flows, are in rows of the connector."""
    [connector] = [row["id"] for row in before["retail_connector"] if row["name"] == "HubSpot"]
    rows = [row for row in after["retail_connector_object"] if row["connector_id"] == connector]
    names = ("subject", "object_name", "key_property", "fallback_key_property")
    assert [tuple(row[name] or "" for name in names) for row in rows] == [
        ("customer", "hubspot.contact", "email", "odoo_customer_id"),
        ("business_customer", "hubspot.company", "odoo_id", ""),
        ("order", "hubspot.deal", "odoo_id", ""),
        ("invoice", "hubspot.invoice", "odoo_id", ""),
    ]


def test_work_goes_on(database, after, sandbox_process):
    """A delivery that failed can be replayed, what waited goes out, and what was in doubt is resolved."""
    sandbox_process.configure(validation_rules=[])
    with OdooServer(database) as odoo:
        [(failed, partner)] = database.query("SELECT id, res_id FROM retail_delivery WHERE state = 'dead'")
        waiting = database.query(
            "SELECT id FROM retail_delivery WHERE state IN ('pending', 'unknown', 'in_flight')"
        )
        database.query(
            "UPDATE retail_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC' WHERE state = 'pending'"
        )
        odoo.call("retail.delivery", "action_replay", [failed])

        def states():
            let_cron_run(database)
            ids = [failed, *(each for (each,) in waiting)]
            rows = database.query("SELECT DISTINCT state FROM retail_delivery WHERE id = ANY(%s)", ids)
            return {state for (state,) in rows} <= {"delivered", "superseded"}

        try:
            wait_until(states, 2 * PATIENCE, "all to be delivered", interval=1)
        except TimeoutError:
            statement = "SELECT id, state, event_type, error_message, waits_for FROM retail_delivery"
            raise AssertionError(database.query(f"{statement} WHERE state != 'delivered'")) from None
        assert database.query("SELECT DISTINCT state FROM queue_job WHERE state != 'done'") == []
        [(email,)] = database.query("SELECT email FROM res_partner WHERE id = %s", partner)
        titles = {
            each["properties"]["email"]: each["properties"]["jobtitle"] for each in sandbox_process.contacts()
        }
        assert titles[email] == "Bad"
        assert len(sandbox_process.records("deals")) == 1
        assert complaints(odoo.log_path.read_text(encoding="utf-8")) == []

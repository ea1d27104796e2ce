"""What records become is a row for each subject, and match keys belong to these rows, no longer to flows."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, sql

CHOICES = (("order", "order_object"), ("business_customer", "company_object"))
EVENTS = {
    "customer": ("customer.created", "customer.updated"),
    "business_customer": ("customer.created", "customer.updated"),
    "order": ("order.placed", "order.updated", "order.cancelled"),
    "invoice": ("invoice.posted", "invoice.paid"),
}


def migrate(cr, version):
    """Make the rows, with what was chosen before; the old columns are still there.

    :param version: the version that was installed before
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    connectors = env["retail.connector"].with_context(active_test=False).search([])
    connectors._sync_objects()
    for subject, column in CHOICES:
        if sql.column_exists(cr, "retail_connector", column):
            _choose(env, connectors, subject, column)
    if sql.column_exists(cr, "retail_flow", "key_property"):
        for row in connectors.object_ids:
            _take_keys(env, row)


def _choose(env, connectors, subject, column):
    rows = env.execute_query(SQL("SELECT id, %s FROM retail_connector", SQL.identifier(column)))
    chosen = dict(rows)
    for row in connectors.object_ids.filtered(lambda row: row.subject == subject):
        value = f"{row.connector_id.provider}.{chosen.get(row.connector_id.id)}"
        if value in row.connector_id._choices(subject):
            row.object_name = value


def _take_keys(env, row):
    """Companies had a key of their own, whatever the flows said."""
    if row.object_name == "hubspot.company":
        return
    found = env.execute_query(
        SQL(
            "SELECT key_property, fallback_key_property FROM retail_flow"
            " WHERE connector_id = %s AND event_type = ANY(%s) AND key_property IS NOT NULL"
            " ORDER BY COALESCE(fallback_key_property, '') = '', active DESC, id LIMIT 1",
            row.connector_id.id,
            list(EVENTS.get(row.subject, ())),
        )
    )
    for key, fallback in found:
        row.write({"key_property": key, "fallback_key_property": fallback})

"""Events that are new, and the new versions of the contents of others."""

from odoo import SUPERUSER_ID, api

# A new flow is on if this one is: what it sends completes that.
COMPLETES = {
    "invoice.updated": "invoice.posted",
    "invoice.cancelled": "invoice.posted",
    "refund.cancelled": "refund.issued",
    "shipment.updated": "shipment.confirmed",
    "return.updated": "return.received",
}


def migrate(cr, version):
    """Add the flows, and what the new schemas have to the contents of facts, which may be sent yet.

    :param version: the version that was installed before
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for connector in env["retail.connector"].with_context(active_test=False).search([]):
        _add_flows(connector)
    _complete_invoices(cr)
    _complete_shipments(cr)


def _add_flows(connector):
    provider = connector._get_provider()
    if not provider:
        return
    active = {flow.event_type: flow.active for flow in connector.with_context(active_test=False).flow_ids}
    names = [name for name in COMPLETES if name in provider.event_types and name not in active]
    connector._add_flows(names, {name for name in names if active.get(COMPLETES[name])})


def _complete_invoices(cr):
    cr.execute(
        """
        UPDATE retail_event
           SET payload = payload || jsonb_build_object(
                   'rounding', '0', 'status', CASE WHEN (payload->>'residual')::numeric = 0 THEN 'paid' ELSE 'open' END)
         WHERE event_type = 'invoice.posted' AND payload IS NOT NULL AND NOT payload ? 'status'
        """
    )


def _complete_shipments(cr):
    cr.execute(
        """
        UPDATE retail_event
           SET payload = payload || jsonb_build_object('order_shipping',
                   CASE WHEN jsonb_typeof(payload->'order') = 'object' THEN jsonb_build_object(
                       'status', CASE WHEN (payload->>'has_backorder')::bool THEN 'partial' ELSE 'shipped' END,
                       'tracking_numbers', to_jsonb(array_remove(ARRAY[payload->>'tracking_number'], ''))) END)
         WHERE event_type = 'shipment.confirmed' AND payload IS NOT NULL AND NOT payload ? 'order_shipping'
        """
    )

"""What the benchmarks use of the addon beyond what its users do. All of it is here, as it may change at any time."""


def queue_facts(env, event_type, records):
    """Have a fact about each of these records wait to be sent; a record may be there more than once."""
    from odoo.addons.retail_hub.models.source.capture import CapturedEvent

    company_id = env.company.id
    facts = [CapturedEvent(event_type, id_, is_fact=True, company_id=company_id) for id_ in records._ids]
    _queue(env, records._name, facts)


def queue_states(env, event_type, records, connector_id, lane):
    """Queue these records in a lane as Resync does."""
    from odoo.addons.retail_hub.models.source.capture import CapturedEvent

    states = [CapturedEvent(event_type, id_) for id_ in records._ids]
    connector = env["retail.connector"].browse(connector_id)
    _queue(env, records._name, states, connectors=connector, is_manual=True, lane=lane)


def _queue(env, model, captured, **options):
    queued = env["retail.event"]._insert(model, captured, **options)
    if queued != len(captured):
        raise RuntimeError(f"{len(captured)} events became {queued} deliveries")


def forget_wakes():
    """Have the next change of this process look again whether a job that drains is on its way."""
    from odoo.addons.retail_hub.models.outbox import wake

    wake._wakes.clear()

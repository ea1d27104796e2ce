"""The events of the feed, as their system reads them: facts as they were saved, states as they are now."""

from odoo import SUPERUSER_ID, models

from ...connectors.cloud_events import cloud_event
from ...connectors.mapper import Mapper
from ...connectors.provider import Settings
from ...connectors.webhook.adapter import WebhookAdapter
from ...connectors.webhook.provider import WEBHOOK
from ...core.const import State
from ...schemas.feed import EventsV1, UnreadableEventV1
from ...schemas.subjects import subject_of
from .item_builder import ItemBuilder
from .outgoing import OutgoingDelivery


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    def _as_events(self, connector, page):
        """Return the :class:`~...schemas.feed.EventsV1` of a part of a connector's feed.

        :param page: a :class:`~.feed.FeedPage`
        :raise FlowFaultError: the filter of a flow cannot be evaluated; the transaction may be aborted
        """
        savepoint = self.env.cr.savepoint()
        try:  # what building writes is for those who send
            deliveries = self._built(connector, page.ids)
        finally:
            savepoint.close(rollback=True)
        source = connector.get_base_url()
        decided = [each for each in deliveries if each.decision is not None]
        return EventsV1(
            items=tuple(cloud_event(each.item, source) for each in deliveries if each.decision is None),
            unreadable=tuple(_unreadable(each) for each in decided if each.decision.state != State.CANCELLED),
            next=str(page.next),
            has_more=page.has_more,
        )

    def _built(self, connector, ids):
        """Return the :class:`~.outgoing.OutgoingDelivery` of each, in order. Of several states, the newest counts."""
        # As the superuser: as the drain, which reads what is sent to the same system.
        connector = connector.with_user(SUPERUSER_ID)
        claims = {claim.id: claim for claim in self.browse(ids)._as_claims()}
        newest = {_state_key(claims[id_]): id_ for id_ in ids if id_ in claims}
        deliveries = [OutgoingDelivery(claims[id_]) for id_ in ids if id_ in newest.values()]
        settings = Settings(
            base_url="", api_version="", source=connector.get_base_url(), lang=connector._feed_lang()
        )
        adapter = WebhookAdapter(settings, Mapper(WEBHOOK, settings), None)
        ItemBuilder(connector, adapter).build(deliveries)
        return deliveries


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def _feed_types(self):
        """Return the types of the events that are noted for the system now, as a set."""
        routes = self.env["retail.flow"]._routes()
        return {name for name, found in routes.items() if self.id in {route.connector_id for route in found}}

    def _feed_lang(self):
        """Return the language in which names are read."""
        return self.lang or self.company_id._retail_lang()


def _state_key(claim):
    """Return what two deliveries have in common of which only the newest counts: states of one record."""
    return claim.id if claim.kind == "fact" else (claim.event_type, claim.res_model, claim.res_id)


def _unreadable(delivery):
    claim = delivery.claim
    return UnreadableEventV1(
        id=claim.uuid,
        type=claim.event_type,
        subject=subject_of(claim.res_model, claim.res_id, delivery.payload or {}),
        reason=delivery.error.message if delivery.error else "",
    )

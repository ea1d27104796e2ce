"""What differs between the promotions, prices and segments of Odoo and those of another system. It changes nothing."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from odoo import api, models

from .promotion_offer import offer_of

SMALLEST = 1e-6


class Offers(NamedTuple):
    """What another system has, see :mod:`...connectors.promotions`."""

    campaigns: tuple
    prices: tuple
    segments: tuple


class Found(NamedTuple):
    """Something that differs.

    :param kind: of ``KINDS`` in ``promotion_difference.py``
    :param key: unique for the connector
    :param records: ``{field: id}`` of those of Odoo
    :param remote_id: of what it is in the remote system; empty if it is not there
    :param name: of the same
    :param here: what Odoo has
    :param there: what the remote system has
    :param can_send: whether the adapter can change it there
    """

    kind: str
    key: str
    records: dict[str, int]
    remote_id: str
    name: str
    here: dict[str, Any]
    there: dict[str, Any]
    can_send: bool


class RetailPromotionComparison(models.AbstractModel):
    _name = "retail.promotion.comparison"
    _description = "Retail Hub: Comparison of Promotions"

    @api.model
    def _promotion_codes(self, company):
        """Return the codes of the promotions of a company."""
        programs = self.env["loyalty.program"]._retail_promotions(company)
        return sorted({code for each in programs for code in each._retail_offer().codes})

    @api.model
    def _promotion_tags(self):
        """Return ``{name: tag}`` of contacts."""
        # As the superuser: see LoyaltyProgram._retail_promotions.
        return {tag.name: tag for tag in self.env["res.partner.category"].sudo().search([], order="id desc")}

    @api.model
    def _find_differences(self, connector, offers):
        """Return a list of :class:`Found`."""
        return [
            *self._differing_campaigns(connector, offers.campaigns),
            *self._differing_prices(connector, offers.prices),
            *self._differing_segments(connector, offers.segments),
        ]

    # -- promotions --------------------------------------------------------------------------------

    def _differing_campaigns(self, connector, campaigns):
        zone = connector._promotion_zone()
        today = datetime.now(UTC).astimezone(zone).date()
        programs = self.env["loyalty.program"]._retail_promotions(connector.company_id)
        offers = [(each, offer_of(each, zone)) for each in campaigns]
        theirs = [(campaign, there) for campaign, there in offers if not campaign.gives_points]
        ours = [(each, each._retail_offer()) for each in programs]
        pairs = _paired(ours, theirs, today)
        matched = {campaign.id for _program, _here, campaign, _there in pairs if campaign}
        for program, here, campaign, there in pairs:
            if campaign is None:
                if here.is_valid(today):
                    yield self._not_there(connector, program, here)
                continue
            for kind, change in _differences(here, there, today):
                records = {"program_id": program.id}
                key = f"{kind}/{program.id}/{campaign.id}"
                can_send = change in campaign.can_change
                yield Found(
                    kind, key, records, campaign.id, there.name, here.stored(), there.stored(), can_send
                )
        missing = [
            (each, there) for each, there in offers if each.id not in matched and there.is_valid(today)
        ]
        yield from self._missing_campaigns(connector, missing)

    def _missing_campaigns(self, connector, offers):
        """Yield what only the remote system has: Odoo gets the points of linked programs, and may ask for codes."""
        is_asking = connector in connector._code_engines(connector.company_id)
        for campaign, there in offers:
            is_known = is_asking and (there.codes or there.has_own_codes)
            kind = "not_here"
            if campaign.gives_points:
                is_known, kind = connector.loyalty_program_ids, "not_linked"
            if not is_known:
                can_send, key = "is_active" in campaign.can_change, f"{kind}/{campaign.id}"
                yield Found(kind, key, {}, campaign.id, there.name, {}, there.stored(), can_send)

    def _not_there(self, connector, program, here):
        abilities = connector._get_provider().promotions
        can_send = bool(abilities.creates and len(here.codes) == 1 and here.discount)
        key = f"not_there/{program.id}"
        return Found("not_there", key, {"program_id": program.id}, "", "", here.stored(), {}, can_send)

    # -- prices ------------------------------------------------------------------------------------

    def _differing_prices(self, connector, prices):
        company = connector.company_id
        products = self.env["product.product"]._retail_by_sku(company, {each.sku for each in prices})
        for each in prices:
            product = products.get(each.sku)
            if not product:
                continue
            here, there = product._retail_paid_price(company), float(each.price)
            if not product._retail_is_paid_price(company, there):
                records, key = {"product_id": product.id}, f"price/{product.id}/{each.id}"
                yield Found("price", key, records, each.id, each.sku, {"price": here}, {"price": there}, True)

    # -- segments ----------------------------------------------------------------------------------

    def _differing_segments(self, connector, segments):
        tags = self._promotion_tags()
        for each in segments:
            tag = tags.get(each.name)
            if not tag:
                continue
            here = self._sent_customers(connector, tag)
            there = self._known_customers(connector, each.customers)
            if here != there:
                records, key = {"tag_id": tag.id}, f"segment/{tag.id}/{each.id}"
                lists = ({"customers": sorted(ids)} for ids in (here, there))
                yield Found("segment", key, records, each.id, each.name, *lists, False)

    def _sent_customers(self, connector, tag):
        """Return the ids of the customers with a tag whom the remote system has."""
        bindings = self.env["retail.binding"].search(
            [
                ("connector_id", "=", connector.id),
                ("res_model", "=", "res.partner"),
                ("res_id", "in", tag.partner_ids.ids),
            ]
        )
        return set(bindings.mapped("res_id"))

    def _known_customers(self, connector, customers):
        ids = {int(each) for each in customers if each.isdecimal()}
        domain = [("id", "in", list(ids)), ("company_id", "in", [connector.company_id.id, False])]
        # As the superuser: see LoyaltyProgram._retail_promotions.
        return set(self.env["res.partner"].sudo().search(domain).ids)


def _paired(ours, theirs, today):
    """Return ``[(program, its offer, campaign or None, its offer)]``: by a code, or else by the name.

    Of several campaigns, the one that is valid counts.
    """
    by_code, by_name = {}, {}
    for campaign, there in sorted(theirs, key=lambda pair: pair[1].is_valid(today)):
        by_name[there.name.strip().casefold()] = (campaign, there)
        by_code |= dict.fromkeys((code.casefold() for code in there.codes), (campaign, there))
    pairs = []
    for program, here in ours:
        found = next((by_code[code.casefold()] for code in here.codes if code.casefold() in by_code), None)
        named = by_name.get(here.name.strip().casefold())
        if found is None and named and not (here.codes and named[1].codes):
            found = named
        pairs.append((program, here, *(found or (None, None))))
    return pairs


def _differences(here, there, today):
    """Yield ``(kind, what the adapter would change)`` of a promotion that both have."""
    is_here, is_there = here.is_valid(today), there.is_valid(today)
    if not (is_here or is_there):
        return
    if here.is_active != there.is_active:
        yield "active", "is_active"
    elif here.last != there.last or _is_later(here.first, today) != _is_later(there.first, today):
        yield "dates", "dates"
    if (
        is_here
        and is_there
        and here.discount
        and there.discount
        and not _is_equal(here.discount, there.discount)
    ):
        yield "discount", "discount"


def _is_later(first, today):
    """Return the day on which something begins; None if it has begun."""
    return first if first and first > today else None


def _is_equal(one, other):
    return one[0] == other[0] and abs(one[1] - other[1]) <= SMALLEST

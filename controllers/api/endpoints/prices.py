"""What products cost."""

from datetime import datetime

from odoo import fields

from ....models.source.canonical_values import amount, decimal, timestamp
from ....models.source.product_pricelist import CHANGED, REMOVED
from ....schemas.price import PriceBreakV1, PricesQueryV1, PricesV1, ProductPriceV1
from ..changes import changes_since
from ..endpoint import Endpoint


def read_prices(call):
    """Return the prices of products by the client's price list.

    :raise Problem: no flow notes changes
    """
    query, found = call.query, call.client_env["retail.prices"]
    pricelist = found._pricelist(call.client)
    currency = found._currency(pricelist)
    moment = fields.Datetime.now()
    if query.at:
        moment = datetime.fromisoformat(query.at).replace(tzinfo=None, microsecond=0)
    changes, cursor = changes_since(call, (CHANGED, REMOVED), "prices")
    products, has_more = found._products(
        query.sku, query.barcode, int(query.after or 0), query.limit, found._changed_domain(changes)
    )
    prices = found._of(pricelist, products, moment)
    return PricesV1(
        currency=currency.name,
        pricelist=pricelist.name or "",
        items=tuple(_product(product, prices[product], currency) for product in products),
        next=str(products[-1:].id) if has_more else "",
        cursor=cursor,
    )


def _product(product, prices, currency):
    return ProductPriceV1(
        product_id=str(product.id),
        sku=product.default_code or "",
        barcode=product.barcode or "",
        unit=product.uom_id.name or "",
        prices=tuple(
            PriceBreakV1(
                minimum_quantity=decimal(each.quantity),
                price=decimal(each.price),
                untaxed=amount(each.untaxed, currency),
                total=amount(each.total, currency),
                starts_at=timestamp(each.starts_at),
                ends_at=timestamp(each.ends_at),
            )
            for each in prices
        ),
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/prices",
        "getPrices",
        "Read prices",
        "prices:read",
        PricesV1,
        read_prices,
        query=PricesQueryV1,
        problems=("invalid-request", "conflict"),
    ),
)

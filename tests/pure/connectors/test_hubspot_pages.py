"""Links to the pages of records in HubSpot's app."""

import pytest

from odoo.addons.retail_hub.connectors.hubspot.adapter import _pages
from odoo.addons.retail_hub.connectors.hubspot.provider import page

PAGES = "https://app-eu1.hubspot.com/contacts/4711/record"


def test_pages():
    assert _pages({"uiDomain": "app-eu1.hubspot.com", "portalId": 4711}) == PAGES


@pytest.mark.parametrize(
    "domain", ["evil.example", "app.hubspot.com.evil.example", "app.hubspot.com/x?", "", None]
)
def test_other_domains_get_no_link(domain):
    assert _pages({"uiDomain": domain, "portalId": 4711}) == ""


def test_page():
    assert page(PAGES, "order", "12") == f"{PAGES}/0-123/12"
    assert page(PAGES, "", "12") == f"{PAGES}/0-1/12"
    assert page(PAGES, "order", "../12") == page(PAGES, "order_shipment", "12") == ""

"""The scopes that the connector asks for: HubSpot has all of them, and they suffice for the set-up."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from samples import local_settings

from odoo.addons.retail_hub.connectors import oauth
from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot import provider
from odoo.addons.retail_hub.core.errors import AuthError

REDIRECT = "https://shop.example.com/callback"
FORM = {"Authorization": None, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def consent(sandbox, api):
    """Open the consent page of the connector; returns the answer."""

    def visit():
        endpoints = provider.oauth(sandbox.url, "2026-09")
        link = urlsplit(oauth.authorization_url(endpoints, "sandbox-client", REDIRECT, "state"))
        return api("GET", f"{link.path}?{link.query}", headers={"Authorization": None})

    return visit


@pytest.fixture
def set_up(sandbox):
    """Return a function that sets up an account with a token."""

    def run(token):
        settings = local_settings(sandbox.url, "2026-09", {"access_token": token})
        with Connection(provider.HUBSPOT, settings) as adapter:
            return adapter.set_up(provider.HUBSPOT.objects)

    return run


def test_a_consent_gives_all_that_the_set_up_needs(consent, api, set_up):
    code = parse_qs(urlsplit(consent().headers["Location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "redirect_uri": REDIRECT,
        "code": code,
    }
    token = api("POST", "/oauth/2026-09/token", urlencode(form).encode(), FORM).data["access_token"]
    assert set_up(token) == [
        "company: odoo_id",
        "order: odoo_id",
        "deal: odoo_id",
        "invoice: odoo_id",
        "line item: odoo_id",
    ]


def test_properties_of_line_items_need_the_scope_for_commerce(sandbox, set_up):
    granted = {*provider.SCOPES, *provider.OPTIONAL_SCOPES} - {"e-commerce"}
    sandbox.configure(scopes=sorted(granted))
    with pytest.raises(AuthError, match="lacks the scope e-commerce"):
        set_up("sandbox-token")
    sandbox.configure(scopes=[*sorted(granted), "e-commerce"])
    assert set_up("sandbox-token") == ["line item: odoo_id"]

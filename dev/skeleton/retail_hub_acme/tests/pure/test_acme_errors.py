"""Errors for Acme's error responses."""

import pytest

from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.core.errors import BusinessError, ValidationError
from odoo.addons.retail_hub_acme.acme import errors

SENT = {"email": "ann@example.com"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"code": "email_taken"}, (BusinessError, "EMAIL_TAKEN", None)),
        ({"code": "invalid_value", "field": "email"}, (ValidationError, "INVALID_VALUE", "email")),
        ({"code": "invalid_value", "field": "ann@example.com"}, (ValidationError, "INVALID_VALUE", None)),
    ],
)
def test_codes(body, expected):
    error = errors.refusal(Response(422, {}, body), SENT)
    assert (type(error), error.code, error.field) == expected
    assert "ann@" not in error.message


@pytest.mark.parametrize(
    "body", [None, [], {}, {"code": None}, {"code": ["invalid_value"]}, {"code": "unheard_of"}]
)
def test_the_status_decides_otherwise(body):
    assert errors.refusal(Response(422, {}, body), SENT) is None

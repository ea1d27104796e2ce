"""Records have canonical names outside of Odoo, and no two records have the same one."""

import re
from pathlib import Path

import pytest

from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.subjects import KINDS, line_key, model_of, record_key, subject_of

CONNECTORS = Path(__file__).parents[3] / "connectors"


def test_every_record_of_an_event_has_a_kind():
    models = {name for each in EVENT_TYPES.values() for name in each.models}
    assert models <= set(KINDS)


@pytest.mark.parametrize(
    ("model", "data", "subject"),
    [
        ("res.partner", {}, "customer/7"),
        ("sale.order", {"channel": "web"}, "order/web/7"),
        ("sale.order", {}, "order/sales/7"),
        ("pos.order", {"channel": "pos"}, "order/pos/7"),
        ("pos.order", {}, "order/pos/7"),
        ("account.move", {}, "invoice/7"),
    ],
)
def test_subjects(model, data, subject):
    assert subject_of(model, 7, data) == subject


def test_models_are_distinguished():
    """Only orders of the till and other orders share a kind; the channel is in the subject."""
    named = {subject_of(model, 7, {}) for model in KINDS}
    assert len(named) == len(KINDS)
    for model in KINDS:
        kind, *channel, _id = subject_of(model, 7, {}).split("/")
        assert model_of(kind, *channel) == model


@pytest.mark.parametrize(
    ("model", "key", "key_of_line"),
    [
        ("sale.order", "sale.order/7", "sale.order.line/8"),
        ("pos.order", "pos.order/7", "pos.order.line/8"),
        ("account.move", "account.move/7", "account.move.line/8"),
    ],
)
def test_keys_never_change(model, key, key_of_line):
    """Remote systems have stored them."""
    assert (record_key(model, 7), f"{line_key(model)}8") == (key, key_of_line)


def test_adapters_know_no_model():
    models = re.compile("|".join(map(re.escape, KINDS)))
    files = list(CONNECTORS.rglob("*.py"))
    assert len(files) > 50
    assert [path.name for path in files if models.search(path.read_text(encoding="utf-8"))] == []

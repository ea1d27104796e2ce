"""Records have canonical names outside of Odoo, and no two records have the same one."""

import pytest

from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.subjects import KINDS, model_of, subject_of


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

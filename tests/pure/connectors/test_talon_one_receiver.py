"""Notifications of Talon.One: what they report, by the vendor's own examples."""

import json

import pytest
from openapi_spec import MISSING, folder
from receiver_contract import ReceiverCase, ReceiverContract

from odoo.addons.retail_hub.connectors.receiver import ReportedChange
from odoo.addons.retail_hub.connectors.talon_one.provider import TALON_ONE
from odoo.addons.retail_hub.core.problem import Problem

UUID = "9aa05ee1-876f-42e6-9a5d-fc0bd424d9cb"


def sign(_body, secret, _at, _url):
    return {"authorization": f"Bearer {secret}", "x-uuid": UUID}


def tiers(count):
    one = {"CustomerProfileID": "odoo-7", "LoyaltyProgramID": 5, "SubledgerID": "", "CurrentTier": "Gold"}
    return {"NotificationType": "TierUpgrade", "TotalResultSize": count, "Data": [one] * count}


CASE = ReceiverCase(
    TALON_ONE,
    sign,
    ("old-token", "new-token", "other-token"),
    {
        "NotificationType": "LoyaltyAddedDeductedPointsBalances",
        "ProfileIntegrationID": "odoo-7",
        "LoyaltyProgramID": 5,
        "SubledgerID": None,
        "TypeOfChange": "campaign_manager",
        "EmployeeName": "Franziska Schneider",
        "CurrentPoints": 10.99,
        "Actions": [{"Amount": 10.99, "Operation": "addition", "Reason": "Compensation"}],
    },
    ("authorization",),
    is_signed=False,
    many=tiers,
)
read = CASE.items


class TestTalonOneReceiver(ReceiverContract):
    CASE = CASE


def test_a_balance():
    """It has no names, and no amounts: they may be out of date."""
    [found] = read(CASE.content)
    kept = {
        "NotificationType": "LoyaltyAddedDeductedPointsBalances",
        "LoyaltyProgramID": 5,
        "TypeOfChange": "campaign_manager",
    }
    assert found == ReportedChange(f"talon_one-{UUID}/0", "loyalty_card", ("odoo-7/5",), "updated", kept)


def test_tiers_of_several_members():
    members = [
        {"CustomerProfileID": f"odoo-{number}", "LoyaltyProgramID": 5, "SubledgerID": "gold"}
        for number in (7, 8)
    ]
    found = read({"NotificationType": "TierDowngrade", "TotalResultSize": 2, "Data": members})
    assert [each.remote_ids for each in found] == [("odoo-7/5/gold",), ("odoo-8/5/gold",)]
    assert [each.id for each in found] == [f"talon_one-{UUID}/0", f"talon_one-{UUID}/1"]


def test_profiles_that_odoo_has_not_made():
    """Their ids may be personal, such as email addresses."""
    [found] = read({**CASE.content, "ProfileIntegrationID": "ann@example.com"})
    assert (found.object, found.remote_ids) == ("notification", ("LoyaltyAddedDeductedPointsBalances",))
    assert "ann" not in repr(found) + str(found.data)


@pytest.mark.skipif(not folder(), reason=MISSING)
def test_the_examples_of_the_vendor():
    """Their profiles are those of others: none is stored."""
    examples = json.loads((folder() / "talonone/notification_examples.json").read_text())
    contents = [each for each in examples.values() if "NotificationType" in each]
    assert len(contents) == 22
    for content in contents:
        found = read(content)
        assert {(each.object, *each.remote_ids) for each in found} == {
            ("notification", content["NotificationType"])
        }


@pytest.mark.parametrize(
    "content",
    [
        {"NotificationType": "TierUpgrade", "Data": {}},
        {"NotificationType": "TierUpgrade", "Data": [7]},
        {"NotificationType": 7},
        {"NotificationType": ""},
    ],
)
def test_content_that_is_none_of_theirs(content):
    with pytest.raises(Problem):
        read(content)


def test_without_an_id():
    with pytest.raises(Problem):
        read(CASE.content, x_uuid=None)

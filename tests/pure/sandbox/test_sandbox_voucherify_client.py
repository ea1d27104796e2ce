"""Voucherify's own client (voucherify 6.1) works with the sandbox, and reads its errors.

It knows only v1: nothing of loyalty v2 is in it. What it sends is held against the specification too.
"""

import json

import pytest
import voucherify
from voucherify import models
from voucherify_calls import CAMPAIGN, Project, specification


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


@pytest.fixture
def client(project):
    """The client. At the end all of its requests are checked."""
    keys = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
    with voucherify.ApiClient(voucherify.Configuration(host=project.sandbox.url, api_key=keys)) as client:
        yield client
    for each in project.sandbox.requests() if specification() else ():
        specification().check_request(each["method"], each["path"], without_nulls(each["body"]))


def without_nulls(data):
    """Return data as the specification has it: the client sends null for what is not given."""
    if isinstance(data, dict):
        return {name: without_nulls(value) for name, value in data.items() if value is not None}
    return [without_nulls(each) for each in data] if isinstance(data, list) else data


@pytest.fixture
def customer(client):
    body = models.CustomersCreateRequestBody(source_id="1", name="Ann", metadata={"till": "7"})
    return voucherify.CustomersApi(client).create_customer(body)


@pytest.fixture
def vouchers(client):
    """The API, with a gift card and a coupon that can be used once."""
    api = voucherify.VouchersApi(client)
    gift = {"type": "GIFT_VOUCHER", "gift": {"amount": 5_000, "balance": 5_000}}
    coupon = {
        "type": "DISCOUNT_VOUCHER",
        "discount": {"type": "PERCENT", "percent_off": 10},
        "redemption": {"quantity": 1},
    }
    for code, data in (("GIFT", gift), ("TEN", coupon)):
        api.create_voucher(code, models.VouchersCreateWithSpecificCodeRequestBody.from_dict(data))
    return api


def stack(kind, **more):
    """A request body of this model, with the gift card and the coupon."""
    redeemables = [
        {"object": "voucher", "id": "TEN"},
        {"object": "voucher", "id": "GIFT", "gift": {"credits": 2_000}},
    ]
    about = {"customer": {"source_id": "1"}, "order": {"source_id": "S1", "amount": 10_000}}
    return kind.from_dict({"redeemables": redeemables, **about, **more})


def refused(call, *arguments):
    """Return (status, key) of a call that is refused."""
    with pytest.raises(voucherify.ApiException) as caught:
        call(*arguments)
    return caught.value.status, json.loads(caught.value.body)["key"]


def test_customers(client, customer):
    api = voucherify.CustomersApi(client)
    assert (customer.name, customer.metadata) == ("Ann", {"till": "7"})
    changed = api.update_customer(customer.id, models.CustomersUpdateRequestBody(name="Anna"))
    assert (changed.id, changed.name) == (customer.id, "Anna")
    assert api.get_customer("1").summary.orders.total_count == 0
    assert [each.source_id for each in api.list_customers().customers] == ["1"]
    assert refused(api.get_customer, "2") == (404, "not_found")
    assert api.customer_permanently_deletion("1").status == "DONE"


def test_customers_in_bulk(client):
    entries = [models.CustomersUpdateInBulkRequestBody(source_id=str(n)) for n in range(3)]
    started = voucherify.CustomersApi(client).update_customers_in_bulk(entries)
    action = voucherify.AsyncActionsApi(client).get_async_action(started.async_action_id)
    assert (action.status, action.operation_status) == ("DONE", "SUCCESS")


def test_orders(client, customer):
    api = voucherify.OrdersApi(client)
    item = {"source_id": "LAMP", "related_object": "product", "quantity": 2, "price": 1_500}
    body = {"source_id": "S1", "customer": {"source_id": "1"}, "items": [item]}
    made = api.create_order(models.OrdersCreateRequestBody.from_dict(body))
    assert (made.amount, made.customer_id, made.items[0].amount) == (3_000, customer.id, 3_000)
    paid = api.update_order("S1", models.OrdersUpdateRequestBody(status="PAID"))
    assert (paid.id, paid.status, api.get_order("S1").status) == (made.id, "PAID", "PAID")
    assert api.list_orders().total == 1


def test_a_stack_from_the_validation_to_the_rollback(client, customer, vouchers):
    validations, redemptions = voucherify.ValidationsApi(client), voucherify.RedemptionsApi(client)
    session = {"type": "LOCK", "key": "cart-1", "ttl": 5, "ttl_unit": "MINUTES"}
    found = validations.validate_stacked_discounts(
        stack(models.ValidationsValidateRequestBody, session=session)
    )
    assert (found.valid, found.order.total_amount, found.session.key) == (True, 7_000, "cart-1")
    again = validations.validate_stacked_discounts(stack(models.ValidationsValidateRequestBody))
    assert (again.valid, again.redeemables[0].status) == (False, "INAPPLICABLE")
    key = {"type": "LOCK", "key": "cart-1"}
    made = redemptions.redeem_stacked_discounts(stack(models.RedemptionsRedeemRequestBody, session=key))
    assert (len(made.redemptions), made.order.status) == (2, "PAID")
    assert vouchers.get_voucher("GIFT").gift.balance == 3_000
    parent = made.parent_redemption.id
    assert redemptions.get_redemption(parent).status == "SUCCEEDED"
    body = models.RedemptionsRollbacksCreateRequestBody(reason="returned")
    undone = redemptions.rollback_stacked_redemptions(parent, redemptions_rollbacks_create_request_body=body)
    assert (len(undone.rollbacks), undone.order.status) == (2, "CANCELED")
    assert vouchers.get_voucher("GIFT").gift.balance == 5_000

    def roll_back():
        redemptions.rollback_stacked_redemptions(parent, redemptions_rollbacks_create_request_body=body)

    assert refused(roll_back) == (400, "already_rolled_back")


def test_a_coupon_in_a_session_that_is_released(client, customer, vouchers):
    """What Odoo does with a code: it asks, and holds it; then it lets go of it, or redeems it, or rolls that back."""
    validations, redemptions = voucherify.ValidationsApi(client), voucherify.RedemptionsApi(client)

    def validate(key):
        about = {"redeemables": [{"object": "voucher", "id": "TEN"}], "order": {"amount": 10_000}}
        session = {"type": "LOCK", "key": key, "ttl": 5, "ttl_unit": "MINUTES"}
        body = models.ValidationsValidateRequestBody.from_dict({**about, "session": session})
        return validations.validate_stacked_discounts(body)

    found = validate("till-1")
    assert (found.valid, found.order.total_discount_amount) == (True, 1_000)
    assert found.redeemables[0].result.discount.percent_off == 10
    taken = validate("till-2")
    assert (taken.valid, taken.redeemables[0].result.error.key) == (False, "quantity_exceeded")
    assert vouchers.release_validation_session("TEN", "till-1") is None
    assert validate("till-2").valid
    about = {
        "redeemables": [{"object": "voucher", "id": "TEN"}],
        "order": {"source_id": "S1", "amount": 10_000},
    }
    session = {"type": "LOCK", "key": "till-2"}
    body = models.RedemptionsRedeemRequestBody.from_dict({**about, "session": session})
    (made,) = redemptions.redeem_stacked_discounts(body).redemptions
    assert (made.result, made.voucher.code) == ("SUCCESS", "TEN")
    assert vouchers.get_voucher("TEN").redemption.redeemed_quantity == 1
    (listed,) = redemptions.list_redemptions(limit=10).redemptions
    assert listed.id == made.id
    reason = models.RedemptionsRollbackCreateRequestBody(reason="returned")
    undone = redemptions.rollback_redemption(made.id, redemptions_rollback_create_request_body=reason)
    assert (undone.result, undone.redemption) == ("SUCCESS", made.id)
    assert vouchers.get_voucher("TEN").redemption.redeemed_quantity == 0


def test_a_gift_card_is_redeemed_in_part(client, customer, vouchers):
    gift = {"object": "voucher", "id": "GIFT", "gift": {"credits": 2_000}}
    about = {"redeemables": [gift], "order": {"source_id": "S1", "amount": 10_000}}
    redemptions = voucherify.RedemptionsApi(client)
    body = models.RedemptionsRedeemRequestBody.from_dict(about)
    (made,) = redemptions.redeem_stacked_discounts(body).redemptions
    assert (made.amount, vouchers.get_voucher("GIFT").gift.balance) == (2_000, 3_000)
    reason = models.RedemptionsRollbackCreateRequestBody(reason="returned")
    redemptions.rollback_redemption(made.id, redemptions_rollback_create_request_body=reason)
    assert vouchers.get_voucher("GIFT").gift.balance == 5_000


def test_campaigns(client, project):
    """Promotions are compared with Odoo's: listed, read, changed and switched."""
    percent = {"type": "PERCENT", "percent_off": 10}
    project.configure(
        campaigns=[
            {"id": "camp_1", "discount": percent, "codes": ["SUMMER10"]},
            {"id": "camp_2", "name": "Sun", "campaign_type": "PROMOTION", "tiers": [{"name": "All"}]},
        ]
    )
    api = voucherify.CampaignsApi(client)
    listed = {each.name: each for each in api.list_campaigns().campaigns}
    kinds = {name: each.campaign_type for name, each in listed.items()}
    assert kinds == {"Summer": "DISCOUNT_COUPONS", "Sun": "PROMOTION"}
    summer = api.get_campaign(listed["Summer"].id)
    assert (summer.active, summer.vouchers_count) == (True, 1)
    (tier,) = api.get_campaign(listed["Sun"].id).promotion.tiers
    assert (tier.name, tier.action.discount.percent_off) == ("All", 10)
    ends = models.CampaignsUpdateRequestBody.from_dict({"expiration_date": "2031-08-31T00:00:00.000Z"})
    assert api.update_campaign(summer.id, ends).expiration_date.isoformat() == "2031-08-31T00:00:00+00:00"
    api.disable_campaign(summer.id)
    assert api.get_campaign(summer.id).active is False
    api.enable_campaign(summer.id)
    assert api.get_campaign(summer.id).active is True
    assert refused(api.get_campaign, "camp_none") == (404, "not_found")


def test_prices(client):
    api = voucherify.ProductsApi(client)
    api.create_product(models.ProductsCreateRequestBody(source_id="LAMP", name="Lamp", price=2_000))
    (listed,) = api.list_products().products
    assert (listed.source_id, listed.price) == ("LAMP", 2_000)
    changed = api.update_product(listed.id, models.ProductsUpdateRequestBody(price=2_500))
    assert (changed.id, changed.price) == (listed.id, 2_500)


def test_gift_cards(client, vouchers):
    body = models.VouchersBalanceUpdateRequestBody(amount=-1_000, reason="R1")
    assert vouchers.update_voucher_balance("GIFT", body).balance == 4_000
    (transaction,) = vouchers.list_voucher_transactions("GIFT").data
    assert (transaction.reason, transaction.details.balance.amount) == ("R1", -1_000)
    assert not vouchers.disable_voucher("GIFT").active
    assert refused(vouchers.release_validation_session, "GIFT", "cart-1") == (404, "not_found")


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # as all of v1's loyalty is
def test_loyalty_cards(client, customer):
    api = voucherify.LoyaltiesApi(client)
    body = models.LoyaltiesMembersCreateRequestBody.from_dict({"customer": {"source_id": "1"}})
    card = api.add_member(CAMPAIGN, body).code
    points = models.LoyaltiesMembersBalanceUpdateRequestBody(points=100, source_id="odoo/1")
    assert api.update_loyalty_card_balance(card, points).balance == 100
    assert api.get_member(card).loyalty_card.balance == 100
    (transaction,) = api.list_loyalty_card_transactions(card).data
    assert (transaction.type, transaction.source_id) == ("POINTS_ADDITION", "odoo/1")


def test_events(client, customer):
    body = models.EventsCreateRequestBody.from_dict({"event": "review", "customer": {"source_id": "1"}})
    assert voucherify.EventsApi(client).track_custom_event(body).type == "review"


def test_it_knows_nothing_of_loyalty_v2():
    """If this fails, the client has grown: use it for v2 as well."""
    apis = [name for name in dir(voucherify) if name.endswith("Api")]
    assert "LoyaltiesApi" in apis
    assert not [
        name for name in dir(voucherify.LoyaltiesApi) if "program_member" in name or "card_points" in name
    ]

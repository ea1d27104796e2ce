"""Points that several callers want at once, through the API and at tills, are held once, in real processes."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from caller import new_client, new_system

from stack import wait_until


@pytest.fixture(scope="module")
def shop(start_odoo):
    odoo = start_odoo("holds", workers=4)
    _client, odoo.key = new_client(odoo, new_system(odoo), "loyalty:")
    return odoo


def new_card(shop, points):
    """Create a card that anybody with its code can spend; return its id and code."""
    code = uuid.uuid4().hex
    values = {"name": code, "program_type": "gift_card", "applies_on": "future", "trigger": "auto"}
    [program] = shop.call("loyalty.program", "create", [values])
    values = {"program_id": program, "points": points, "code": code}
    [card] = shop.call("loyalty.card", "create", [values])
    return card, code


def post(shop, path, content):
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": str(uuid.uuid4())}
    return requests.post(f"{shop.url}/retail/v1{path}", json=content, headers=headers, timeout=60)


def in_parallel(function, values):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(function, values))


def test_a_gift_card_is_held_and_spent_once(shop):
    card, code = new_card(shop, 100)

    def hold(number):
        content = {"external_id": f"{code}-{number}", "card": {"code": code}, "points": "30"}
        return post(shop, "/loyalty/holds", content)

    responses = in_parallel(hold, range(24))
    assert sorted(response.status_code for response in responses) == [201] * 3 + [409] * 21
    refused = [response.json() for response in responses if response.status_code == 409]
    assert {problem["detail"] for problem in refused} == {"10 points are available."}
    held = [response.json()["external_id"] for response in responses if response.status_code == 201]
    spent = in_parallel(
        lambda name: post(shop, f"/loyalty/holds/{name}/commit", {}).json()["outcome"], held * 4
    )
    assert sorted(spent) == ["committed"] * 3 + ["unchanged"] * 9
    [figures] = shop.db.query(
        f"""
        SELECT c.points, a.balance::float, a.held::float,
               (SELECT sum(points)::float FROM retail_loyalty_entry WHERE card_id = c.id)
          FROM loyalty_card c JOIN retail_loyalty_account a ON a.card_id = c.id WHERE c.id = {card}
        """
    )
    assert figures == (10, 10, 0, 10)


@pytest.fixture(scope="module")
def tills(shop, sandbox_process):
    """Two tills with a program whose points an engine owns."""
    values = {"name": "Points", "provider": "voucherify", "base_url": sandbox_process.url}
    [engine] = shop.call("retail.connector", "create", [values])
    program = {
        "name": "Club",
        "program_type": "loyalty",
        "applies_on": "both",
        "trigger": "auto",
        "retail_owner": "engine",
        "retail_connector_id": engine,
        "retail_remote_program": "lprg_5a1d000000000001",
    }
    [shop.club] = shop.call("loyalty.program", "create", [program])
    tills = [{"name": f"Till {number}", "payment_method_ids": [[6, 0, []]]} for number in (1, 2)]
    return shop.call("pos.config", "create", tills)


def test_two_tills_cannot_redeem_the_same_points(shop, tills):
    [member] = shop.call("res.partner", "create", [{"name": "Ann Lee"}])
    [card] = shop.call("loyalty.card", "create", [{"program_id": shop.club, "partner_id": member}])
    values = {"card_id": card, "new_balance": 100, "description": "Welcome"}
    dialog = shop.call("loyalty.card.update.balance", "create", [values])
    shop.call("loyalty.card.update.balance", "action_update_card_point", dialog)
    shop.db.query("UPDATE retail_loyalty_account SET read_at = now() AT TIME ZONE 'UTC'")
    mark = uuid.uuid4().hex[:8]

    def hold(number):
        till = tills[number % 2]
        answer = shop.client().call(
            "pos.config", "retail_hold_points", [till], f"{mark}-{number}", {str(card): 30}
        )
        return answer["refused"]

    refusals = in_parallel(hold, range(12))
    refused = [each for each in refusals if each]
    assert len(refused) == 9
    assert {each["available"] for each in refused} == {10}
    [held] = shop.db.query(f"SELECT held::float FROM retail_loyalty_account WHERE card_id = {card}")
    assert held == (90,)


def test_orders_share_the_offline_limit(shop, tills):
    """Nobody can reach the engine: several quotations at once redeem no more than the limit of the day."""
    reward = {"discount_mode": "per_point", "discount": 1, "required_points": 1, "description": "1 per point"}
    values = {"retail_offline_limit": 30, "reward_ids": [[5, 0, 0], [0, 0, reward]]}
    shop.call("loyalty.program", "write", [shop.club], values)
    [reward] = shop.call("loyalty.reward", "search", [["program_id", "=", shop.club]])
    [member] = shop.call("res.partner", "create", [{"name": "Ann Lee"}])
    [card] = shop.call("loyalty.card", "create", [{"program_id": shop.club, "partner_id": member}])
    values = {"card_id": card, "new_balance": 100, "description": "Welcome"}
    dialog = shop.call("loyalty.card.update.balance", "create", [values])
    shop.call("loyalty.card.update.balance", "action_update_card_point", dialog)
    [product] = shop.call("product.product", "create", [{"name": "Lamp", "type": "consu", "taxes_id": []}])
    line = [0, 0, {"product_id": product, "price_unit": 200}]
    orders = shop.call(
        "sale.order", "create", [{"partner_id": member, "order_line": [line]} for _ in range(6)]
    )

    def redeem(order):
        client = shop.client()
        client.call("sale.order", "action_open_reward_wizard", [order])
        values = {"order_id": order, "selected_reward_id": reward, "retail_points": 10}
        wizard = client.call("sale.loyalty.reward.wizard", "create", [values])
        client.call("sale.loyalty.reward.wizard", "action_apply", wizard)
        [dialog] = client.call("sale.loyalty.reward.wizard", "read", wizard, ["retail_problem"])
        return dialog["retail_problem"]

    problems = [problem for problem in in_parallel(redeem, orders) if problem]
    assert len(problems) == 3
    assert all("at most 0 " in problem for problem in problems), problems
    held = shop.db.query(
        f"SELECT points::float, state, is_offline FROM retail_loyalty_hold WHERE card_id = {card}"
    )
    assert held == [(10, "held", True)] * 3


def test_lots_add_up(shop):
    """Earned, taken back and spent at once: nothing is lost, and the lots add up to the balance and what is pending."""
    values = {"name": uuid.uuid4().hex, "program_type": "loyalty", "applies_on": "both", "trigger": "auto"}
    [program] = shop.call("loyalty.program", "create", [{**values, "retail_pending_days": 14}])
    [customer] = shop.call("res.partner", "create", [{"name": "Ann Lee"}])
    code = uuid.uuid4().hex
    values = {"program_id": program, "partner_id": customer, "points": 100, "code": code}
    [card] = shop.call("loyalty.card", "create", [values])

    def send(path, content):
        """Send a request until it is carried out: so many about one card at once may be told to come again."""
        responses = []

        def is_carried_out():
            responses.append(post(shop, path, content))
            return responses[-1].status_code != 429

        wait_until(is_carried_out, 60, f"{path} is not carried out")
        assert responses[-1].status_code in (200, 201), responses[-1].text

    def act(number):
        content = {"external_id": f"{code}-{number}", "card": {"code": code}, "points": "10"}
        if number % 2:
            send("/loyalty/holds", content)
            send(f"/loyalty/holds/{code}-{number}/commit", {})
        else:
            send("/loyalty/points", content)
            back = {"reversal_id": f"{code}-{number}-back", "points": "4"}
            send(f"/loyalty/points/{code}-{number}/reverse", back)

    in_parallel(act, range(16))
    [figures] = shop.db.query(
        f"""
        SELECT c.points, a.balance::float, a.held::float,
               (SELECT sum("left")::float FROM retail_loyalty_lot WHERE card_id = c.id AND state = 'pending'),
               (SELECT sum("left")::float FROM retail_loyalty_lot WHERE card_id = c.id AND state != 'pending')
          FROM loyalty_card c JOIN retail_loyalty_account a ON a.card_id = c.id WHERE c.id = {card}
        """
    )
    assert figures == (20, 20, 0, 48, 20)

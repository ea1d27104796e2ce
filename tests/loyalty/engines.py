"""Loyalty engines of the sandbox, each with the same members, orders and points."""

import requests


class Engine:
    """``orders_path`` and ``points_path`` are parts of the paths to which orders, and changes of points, are sent."""

    @classmethod
    def shift(cls, sandbox, seconds):
        """Have its clock be ahead of ours."""
        sandbox.configure(cls.provider, ahead_s=seconds, clock_skew=seconds)


class Voucherify(Engine):
    provider = "voucherify"
    program = "lprg_5a1d000000000001"
    credentials = {"app_id": "sandbox-app", "app_token": "sandbox-token"}
    too_few_points = "NOT_ENOUGH_BALANCE"
    orders_path, points_path = "/v1/orders", "/points"

    @staticmethod
    def set_up(sandbox):
        sandbox.configure("voucherify", processing_s=0)

    @staticmethod
    def delay(sandbox):
        """Have the points of orders wait."""
        sandbox.configure("voucherify", processing_s=None)

    @staticmethod
    def end_delay(sandbox):
        sandbox.act("process", "voucherify")
        sandbox.configure("voucherify", processing_s=0)

    @staticmethod
    def points(sandbox):
        """Return the points of the only member."""
        sandbox.act("process", "voucherify")
        [card] = sandbox.records("cards", "voucherify")
        return card["balance"]["points"]

    @staticmethod
    def points_of(sandbox, customer_id):
        """Return the points of a customer of Odoo; None if they are no member."""
        sandbox.act("process", "voucherify")
        path = f"/v2/loyalties/programs/{Voucherify.program}/memberships/odoo-{customer_id}"
        headers = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
        by = {"identification_type": "customer_source_id"}
        answer = requests.get(sandbox.url + path, timeout=10, params=by, headers=headers)
        if answer.status_code == 404:
            return None
        return answer.json()["cards"][0]["card"]["balance"]["points"]

    @staticmethod
    def personal(sandbox):
        """Return what it has of persons."""
        return [sandbox.records(kind, "voucherify") for kind in ("customers", "orders")]

    @classmethod
    def _call(cls, sandbox, method, path, body=None):
        headers = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
        answer = requests.request(method, sandbox.url + path, timeout=10, json=body, headers=headers)
        answer.raise_for_status()
        return answer

    @classmethod
    def delete_member(cls, sandbox):
        """Delete the only member, as somebody does there."""
        [member] = [each for each in sandbox.records("members", "voucherify") if each["status"] != "DELETED"]
        cls._call(sandbox, "DELETE", f"/v2/loyalties/programs/{cls.program}/members/{member['id']}")

    @classmethod
    def delete_customer(cls, sandbox, customer_id):
        cls._call(sandbox, "DELETE", f"/v1/customers/odoo-{customer_id}")

    @classmethod
    def enroll(cls, sandbox, customer_id, points):
        """Make a customer a member who has points."""
        about = {"type": "customer_source_id", "customer_source_id": f"odoo-{customer_id}"}
        path = f"/v2/loyalties/programs/{cls.program}/members"
        member = cls._call(sandbox, "POST", path, {"customer_identification": about}).json()
        path += f"/{member['id']}/cards/{member['cards'][0]['card']['id']}/points"
        cls._call(sandbox, "POST", path, {"points": points})
        sandbox.act("process", "voucherify")

    @staticmethod
    def give(sandbox, points, customer_id=None):
        """Give points to the only member, as somebody does there."""
        [card], [member] = (sandbox.records(kind, "voucherify") for kind in ("cards", "members"))
        path = f"programs/{member['program_id']}/members/{member['id']}/cards/{card['id']}/points"
        headers = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
        url = f"{sandbox.url}/v2/loyalties/{path}"
        requests.post(url, timeout=10, json={"points": points}, headers=headers).raise_for_status()


class TalonOne(Engine):
    provider = "talon_one"
    program = "5"
    credentials = {"integration_key": "sandbox-api-key"}
    too_few_points = "NOT_BOOKED"
    orders_path, points_path = "/v2/customer_sessions", "/v3/events"
    policy = {"return_policy": "unlimited"}

    @classmethod
    def set_up(cls, sandbox):
        sandbox.configure("talon_one", programs=[cls.policy])

    @classmethod
    def delay(cls, sandbox):
        sandbox.configure("talon_one", programs=[{**cls.policy, "default_pending": "14D"}])

    @classmethod
    def end_delay(cls, sandbox):
        ahead = 15 * 86_400
        sandbox.configure("talon_one", programs=[cls.policy], ahead_s=ahead, clock_skew=ahead)

    @classmethod
    def points(cls, sandbox):
        [profile] = sandbox.records("profiles", "talon_one")
        path = f"/v1/loyalty_programs/5/profile/{profile['integrationId']}/balances"
        headers = {"Authorization": "ApiKey-v1 sandbox-api-key"}
        balance = requests.get(sandbox.url + path, timeout=10, headers=headers).json()["balance"]
        return balance["activePoints"] - balance["negativePoints"]

    @staticmethod
    def points_of(sandbox, customer_id):
        path = f"/v1/loyalty_programs/5/profile/odoo-{customer_id}/balances"
        headers = {"Authorization": "ApiKey-v1 sandbox-api-key"}
        answer = requests.get(sandbox.url + path, timeout=10, headers=headers)
        if answer.status_code == 404:
            return None
        balance = answer.json()["balance"]
        return balance["activePoints"] - balance["negativePoints"]

    @staticmethod
    def personal(sandbox):
        return [sandbox.records(kind, "talon_one") for kind in ("profiles", "sessions")]

    @staticmethod
    def give(sandbox, points, customer_id=None):
        key = f"odoo-{customer_id}"
        if customer_id is None:
            [profile] = sandbox.records("profiles", "talon_one")
            key = profile["integrationId"]
        path = f"/v1/loyalty_programs/5/profile/{key}/add_points"
        headers = {"Authorization": "ManagementKey-v1 sandbox-mgmt-key"}
        requests.put(
            sandbox.url + path, timeout=10, json={"points": points}, headers=headers
        ).raise_for_status()


class TalonOneByDefault(TalonOne):
    """With the return policy that a program has if nobody chooses one: active points stay with the customer."""

    policy = {}

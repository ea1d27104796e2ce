"""Calls to the sandbox's Voucherify project, each held against the vendor's specification where that is there."""

from functools import cache

from openapi_spec import load
from sandbox_fixtures import Api

PARTS = (
    "async-actions",
    "campaigns",
    "customers",
    "events",
    "loyalties",
    "loyalties-v2",
    "oauth",
    "orders",
    "products",
    "redemptions",
    "segments",
    "validations",
    "vouchers",
)
KEYS = {"Authorization": None, "X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
PROGRAM = "lprg_5a1d000000000001"
WALLET = "lcdef_5a1d000000000001"
REWARD = "lrew_5a1d000000000001"
CAMPAIGN = "camp_5a1d000000000001"
DAY = 86_400


def mend(name, document):
    """Repair what in the specification contradicts itself, or the vendor's examples."""
    schemas = document["components"]["schemas"]
    if name.endswith("loyalties-v2.json"):
        # It requires customer_id, and describes customer_identification; other pages have the one or the other.
        schemas["MemberCreate"]["required"] = []
        schemas["MemberCreate"]["properties"]["customer_id"] = {"type": "string"}
        # The examples have null where no transaction was created.
        nullable(schemas["AdjustCardPointsResponse"]["properties"], "transaction")
        # A simulated transaction has neither.
        transaction = schemas["RewardPurchaseCreateDryRunResponse"]["properties"]["transaction"]
        transaction["required"] = [
            each for each in transaction["required"] if each not in ("id", "created_at")
        ]
    for schema in (schemas.get("VoucherTransactionBase"), schemas.get("VoucherTransaction")):
        if schema and "campaign_id" in schema.get("properties", {}):
            nullable(schema["properties"], "campaign_id")  # vouchers without a campaign have transactions too
    if name.endswith("customers.json"):
        # The code of this one error is said to be a text.
        answer = document["paths"]["/v1/customers/bulk/async"]["post"]["responses"]["429"]
        answer["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Error"}
    if name.endswith("segments.json"):
        # The list is described as "segments", and required as "data", as it is in the example.
        listed = schemas["SegmentsListResponseBody"]["properties"]
        listed["data"] = listed.pop("segments")
    if "OrderItem" in schemas:
        # It requires a property that it does not describe, and that no example of a request has.
        schemas["OrderItem"].pop("required", None)
    if "AsyncActionBase" in schemas:
        # Batches of members are made by actions whose type is not told.
        schemas["AsyncActionBase"]["properties"]["type"] = {"type": "string"}


def nullable(properties, name):
    properties[name] = {"oneOf": [properties[name], {"type": "null"}]}


@cache
def specification():
    return load("voucherify", [f"openapi/{part}.json" for part in PARTS], mend)


class Project:
    """The project: call it as ``project("POST", "/v1/customers", {…})``.

    Requests are checked too, unless the call is to be refused (``wrong=True``).
    """

    def __init__(self, sandbox):
        self.sandbox, self.api = sandbox, Api(sandbox.url)

    def __call__(self, method, path, data=None, wrong=False, headers=None, **options):
        spec = specification()
        if spec and not wrong:
            spec.check_request(method, path, data)
        answer = self.api(method, path, data, {**KEYS, **(headers or {})}, **options)
        if spec and answer.data is not None:
            spec.check_answer(method, path, answer.status, answer.data)
        return answer

    def get(self, path):
        return self("GET", path).data

    def post(self, path, data=None):
        answer = self("POST", path, data)
        assert answer.status in (200, 202), answer.text
        return answer.data

    def refused(self, method, path, data=None, wrong=True):
        """Return (status, key) of a call that is refused."""
        answer = self(method, path, data, wrong=wrong)
        assert answer.status >= 400, answer.text
        return answer.status, answer.data["key"]

    def configure(self, **settings):
        return self.sandbox.configure("voucherify", **settings)

    def act(self, action):
        self.sandbox.act(action, "voucherify")

    def records(self, kind):
        return self.sandbox.records(kind, "voucherify")

    # --- what many tests begin with ---

    def customer(self, source_id="1", **data):
        return self.post("/v1/customers", {"source_id": source_id, **data})["id"]

    def member(self, source_id="1", **data):
        """Enrol a new customer, and return the Member."""
        self.customer(source_id)
        about = {"type": "customer_source_id", "customer_source_id": source_id}
        made = self.post(
            f"/v2/loyalties/programs/{PROGRAM}/members", {"customer_identification": about, **data}
        )
        return Member(self, made)

    def order(self, source_id="S1", amount=10_000, status="PAID", customer="1"):
        data = {"source_id": source_id, "amount": amount, "status": status}
        return self.post("/v1/orders", {**data, "customer": {"source_id": customer}})

    def voucher(self, code, **data):
        return self.post(f"/v1/vouchers/{code}", data)

    def gift_card(self, code="GIFT", amount=5_000, **data):
        gift = {"amount": amount, "balance": amount}
        return self.voucher(code, type="GIFT_VOUCHER", gift=gift, **data)

    def coupon(self, code="TEN", percent=10, **data):
        return self.voucher(
            code, type="DISCOUNT_VOUCHER", discount={"type": "PERCENT", "percent_off": percent}, **data
        )


class Member:
    """A member with one card, or with several: ``card`` is the first."""

    def __init__(self, project, data):
        self.project, self.id, self.data = project, data["id"], data
        self.path = f"/v2/loyalties/programs/{PROGRAM}/members/{data['id']}"
        self.card = data["cards"][0]["card"]["id"]
        self.card_path = f"{self.path}/cards/{self.card}"

    def read(self):
        return self.project.get(self.path)

    def read_card(self):
        return self.read()["cards"][0]["card"]

    def balance(self):
        """Return (points, pending points)."""
        balance = self.read_card()["balance"]
        return balance["points"], balance["pending_points"]

    def adjust(self, points, **data):
        return self.project.post(f"{self.card_path}/points", {"points": points, **data})

    def transactions(self, query=""):
        """Return (type, status, points) of each, the newest first."""
        listed = self.project.get(f"{self.card_path}/transactions{query}")["data"]
        return [(each["type"], each["status"], each["details"]["points"]["total"]) for each in listed]

    def pay(self, order, limit=None, **data):
        """Pay an order with points, at most ``limit`` of them."""
        body = {"card_id": self.card, "order": {"source_id": order}, **data}
        if limit:
            body["payment_limit"] = {"type": "POINTS_LIMIT", "points_limit": {"max": limit}}
        return self.project.post(f"{self.path}/orders/payments", body)

    def payments(self):
        """Return (status, points, reason of the rejection) of each, the newest first."""
        listed = self.project.get(f"{self.path}/orders/payments")["data"]
        return [
            (
                each["status"],
                each["details"]["payment"]["points_spent"],
                (each["details"]["rejection"] or {}).get("reason"),
            )
            for each in listed
        ]

"""Calls to the sandbox's deployment of Talon.One, each held against the vendor's specification where that is there."""

from functools import cache
from urllib.parse import quote, urlencode

from openapi_spec import load
from sandbox_fixtures import Api

INTEGRATION = {"Authorization": "ApiKey-v1 sandbox-api-key"}
MANAGEMENT = {"Authorization": "ManagementKey-v1 sandbox-mgmt-key"}
FILES = [f"api-evangelist/talon-one-{name}-api-openapi.yml" for name in ("integration", "management")]
PROGRAM = "/v1/loyalty_programs/5"
SESSIONS = "/v2/customer_sessions"
PROFILES = "/v2/customer_profiles"
DAY = 86_400
TOO_MANY = "avoid parallel requests"


def mend(name, document):
    """Repair what in the specification contradicts itself, or what it says elsewhere."""
    schemas = document["components"]["schemas"]
    # Errors of all operations may say the status, not only those that are declared.
    schemas["ErrorResponse"]["properties"]["StatusCode"] = {"type": "integer"}
    # It requires two properties that it does not describe.
    for own in schemas.get("CustomerSessionV2", {}).get("allOf", ())[-1:]:
        own["required"] = [each for each in own["required"] if each not in ("coupon", "referral")]
    # These are null, as their descriptions say.
    for schema in schemas.values():
        for part in (schema, *schema.get("allOf", ())):
            for nullable in ("nextTierName", "loyaltyMemberships"):
                properties = part.get("properties", {})
                if nullable in properties:
                    properties[nullable] = {"anyOf": [properties[nullable], {"type": "null"}]}
    # An answer without a body has no content.
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "204" in operation.get("responses", {}):
                operation["responses"]["204"].pop("content", None)


@cache
def specification():
    return load("talonone", FILES, mend)


def check_effects(spec, body):
    """The properties of an effect are those of its type, and not of another one."""
    document = spec.operations[0].document
    for each in body.get("effects", ()) if isinstance(body, dict) else ():
        kind = each["effectType"]
        schema = {"$ref": f"#/components/schemas/{kind[0].upper()}{kind[1:]}EffectProps"}
        errors = [error.message for error in document.validator(schema, True).iter_errors(each["props"])]
        assert errors == [], (kind, errors)


class Deployment:
    """The deployment: call it as ``talon("PUT", "/v2/customer_profiles/1", {…})``, with the key that fits.

    Requests are checked too, unless the call is to be refused (``wrong=True``).
    """

    def __init__(self, sandbox):
        self.sandbox, self.api = sandbox, Api(sandbox.url)

    def __call__(self, method, path, data=None, wrong=False, headers=None, key=None, **options):
        spec = specification()
        if spec and not wrong:
            spec.check_request(method, path, data)
        every = {**INTEGRATION, **(headers or {})}
        if key is not None:
            every["Idempotency-Key"] = key
        answer = self.api(method, path, data, every, **options)
        if spec and answer.data is not None:
            spec.check_answer(method, path, answer.status, answer.data)
            check_effects(spec, answer.data)
        return answer

    def good(self, method, path, data=None, **options):
        answer = self(method, path, data, **options)
        assert answer.status in (200, 201, 204), answer.text
        return answer.data

    def get(self, path, **options):
        return self.good("GET", path, **options)

    def refused(self, method, path, data=None, wrong=True, **options):
        """Return (status, where the first mistake is) of a call that is refused."""
        answer = self(method, path, data, wrong=wrong, **options)
        assert answer.status >= 400, answer.text
        (source,) = [each["source"] for each in answer.data.get("errors", ())][:1] or [{}]
        return answer.status, source.get("pointer") or source.get("parameter")

    def manage(self, method, path, data=None, wrong=False):
        return self(method, path, data, wrong=wrong, headers=MANAGEMENT)

    def configure(self, **settings):
        return self.sandbox.configure("talon_one", **settings)

    def act(self, action):
        self.sandbox.act(action, "talon_one")

    def records(self, kind):
        return self.sandbox.records(kind, "talon_one")

    # --- what many tests begin with ---

    def profile(self, profile="ann", **attributes):
        return self.good("PUT", f"{PROFILES}/{profile}", {"attributes": attributes})

    def session(self, key="S1", items=None, content=(), query="", idempotency=None, **data):
        """Update a session, and return the answer. ``items``: (sku, quantity, price) of each."""
        if items is not None:
            data["cartItems"] = [item(*each) for each in items]
        body = {"customerSession": data, "responseContent": ["customerSession", *content]}
        return self.good("PUT", f"{SESSIONS}/{quote(key, safe='')}{query}", body, key=idempotency)

    def order(self, key="S1", items=(("LAMP", 1, 100),), profile="ann", **data):
        """Close a session, and return the effects."""
        return self.session(key, items, profileId=profile, state="closed", **data)["effects"]

    def give_back(self, *items, key="S1", query="", **options):
        """Return items, and return the answer."""
        body = {"return": {"returnedCartItems": list(items)}, "responseContent": ["customerSession"]}
        return self.good("POST", f"{SESSIONS}/{key}/returns{query}", body, **options)

    def cancel(self, key="S1"):
        return self.session(key, state="cancelled")["effects"]

    def add(self, amount, profile="ann", **data):
        body = {"points": amount, **data}
        answer = self.manage("PUT", f"{PROGRAM}/profile/{profile}/add_points", body)
        assert (answer.status, answer.text) == (204, ""), answer.text

    def deduct(self, amount, profile="ann", **data):
        body = {"points": amount, **data}
        return self.manage("PUT", f"{PROGRAM}/profile/{profile}/deduct_points", body)

    def balance(self, profile="ann", query=""):
        return self.get(f"{PROGRAM}/profile/{profile}/balances{query}")["balance"]

    def active(self, profile="ann"):
        return self.balance(profile)["activePoints"]

    def transactions(self, profile="ann", **arguments):
        """Return all that a page says of transactions, the newest first."""
        query = urlencode(arguments, doseq=True)
        return self.get(f"{PROGRAM}/profile/{profile}/transactions?{query}")["data"]

    def amounts(self, profile="ann", **arguments):
        """Return the amounts of transactions, the newest first; what was deducted is negative."""
        sign = {"addition": 1, "subtraction": -1}
        return [sign[each["type"]] * each["amount"] for each in self.transactions(profile, **arguments)]


def item(sku, quantity=1, price=100, **more):
    return {"sku": sku, "quantity": quantity, "price": price, **more}


def effects(found, *names):
    """Return (type, those properties) of effects."""
    return [(each["effectType"], *(each["props"].get(name) for name in names)) for each in found]

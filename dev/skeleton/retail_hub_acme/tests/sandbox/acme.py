"""A stand-in for Acme: one call per customer, an API key in a header, an hourly call limit."""

from kit import Account, Failure, Limit, Response, Store, json_response


class Acme(Account):
    """``PUT`` by Odoo's ID creates or updates a customer. The other calls use Acme's own id."""

    PREFIXES = ("/acme/",)
    SETTINGS = {"keys": ["sandbox-token"], "calls_per_hour": 1_000_000}
    LIMITS = {"hour": Limit("calls_per_hour", 3600)}
    SECRET_HEADERS = ("x-account-key",)
    ROUTES = (
        ("GET", "/acme/v1/account", "about"),
        ("GET", "/acme/v1/customers", "find"),
        ("GET", "/acme/v1/customers/key/{key}", "read_by_key"),
        ("PUT", "/acme/v1/customers/key/{key}", "put"),
        ("GET", "/acme/v1/customers/{customer_id}", "read"),
        ("POST", "/acme/v1/customers/{customer_id}/merge", "merge"),
        ("DELETE", "/acme/v1/customers/{customer_id}", "delete"),
    )

    def start(self):
        self.customers = Store(unique=("key", "email"))
        self.stores = {"customers": self.customers}

    def authenticate(self, request):
        if request.headers.get("x-account-key") not in self.settings["keys"]:
            raise self.unauthorized()

    def failure(self, status, message, **more):
        return Failure(status, {"message": message, **more}, message)

    def about(self, request):
        return json_response(200, {"name": "Sandbox of Acme"})

    def find(self, request):
        record = self.customers.find(request.arguments().get("email"), "email")
        return json_response(200, {"customers": [describe(record)] if record else []})

    def put(self, request, key):
        record, values = self.customers.find(key, "key"), {**self.body_of(request), "key": key}
        if "@" not in (values.get("email") or "@"):
            raise self.failure(422, "not an email address", code="invalid_value", field="email")
        self.check_spoilt(request, key)
        if self.customers.owner(values, record):
            raise self.failure(409, "another customer has it", code="email_taken", field="email")
        status = 200 if record else 201
        record = record or self.customers.create()
        self.customers.write(record, values)
        return json_response(status, describe(record))

    def read_by_key(self, request, key):
        return json_response(200, describe(self.existing(key, "key")))

    def read(self, request, customer_id):
        return json_response(200, describe(self.existing(customer_id)))

    def merge(self, request, customer_id):
        """Merge a customer into another. The old id then leads to the survivor."""
        loser, winner = self.existing(customer_id), self.existing(self.body_of(request).get("into"))
        if loser is winner:
            raise self.failure(422, "a customer cannot be merged into itself")
        self.customers.merge(loser, winner)
        return Response(204)

    def delete(self, request, customer_id):
        self.customers.forget(self.existing(customer_id))
        return Response(204)

    def existing(self, customer_id, name=None):
        record = self.customers.find(customer_id, name)
        if record is None:
            raise self.failure(404, "there is no such customer")
        return record


def describe(record):
    return {"id": record.id, **record.properties}

"""An example of a stand-in, to begin with: a CRM with one call per record, credentials in two headers, an hourly limit.

python tests/sandbox --provider example=tests/sandbox/kit/example.py:Example
"""

from kit import Account, Limit, Response, Store, json_response


class Example(Account):
    """``PUT /example/v1/people/{key}`` creates or changes; the others read, find, merge and delete."""

    PREFIXES = ("/example/",)
    SETTINGS = {"account": "example", "key": "example-key", "calls_per_hour": 1_000_000}
    LIMITS = {"hour": Limit("calls_per_hour", 3600)}
    SECRET_HEADERS = ("x-account",)  # x-api-key is hidden anyway, for its name
    ROUTES = (
        ("GET", "/example/v1/account", "about"),
        ("GET", "/example/v1/people", "find"),
        ("GET", "/example/v1/people/{key}", "read"),
        ("PUT", "/example/v1/people/{key}", "put"),
        ("POST", "/example/v1/people/{key}/merge", "merge"),
        ("DELETE", "/example/v1/people/{key}", "delete"),
    )

    def start(self):
        self.people = Store(unique=("key", "email"))
        self.stores = {"people": self.people}

    def authenticate(self, request):
        given = [request.headers.get(name) for name in ("x-account", "x-api-key")]
        if given != [self.settings["account"], self.settings["key"]]:
            raise self.unauthorized()

    def headers(self, caller):
        return (("X-Limit", self.limits.most("hour")), ("X-Left", self.limits.left("hour")))

    def about(self, request):
        return json_response(200, {"name": "Example"})

    def find(self, request):
        record = self.people.find(request.arguments().get("email"), "email")
        return json_response(200, {"people": [self.describe(record)] if record else []})

    def read(self, request, key):
        return json_response(200, self.describe(self.existing(key)))

    def put(self, request, key):
        record = self.people.find(key, "key")
        properties = {**self.body_of(request), "key": key}
        if "@" not in (properties.get("email") or "@"):
            raise self.failure(422, "email: not an address")
        self.check_spoilt(request, key)
        if self.people.owner(properties, record):
            raise self.failure(409, "email: another person has it")
        status = 200 if record else 201
        record = record or self.people.create()
        self.people.write(record, properties)
        return json_response(status, self.describe(record))

    def merge(self, request, key):
        """Into the person ``into``; the old id leads there."""
        loser, winner = self.existing(key), self.person(self.body_of(request).get("into"))
        if winner is None or winner is loser:
            raise self.failure(422, "into: no other person")
        self.people.merge(loser, winner)
        return Response(204)

    def delete(self, request, key):
        self.people.forget(self.existing(key))
        return Response(204)

    def person(self, key):
        """By our key or its id; None if there is none."""
        return self.people.find(key, "key") or self.people.find(key)

    def existing(self, key):
        record = self.person(key)
        if record is None:
            raise self.failure(404, "there is no such person")
        return record

    def describe(self, record):
        return {"id": record.id, **record.properties}

"""A stand-in for the club's API, made with the sandbox's kit."""

from kit import Account, Response, Store, json_response

KEY = "sandbox-token"


class Club(Account):
    """Members and persons of interest: ``PUT`` creates or updates them, and ``DELETE`` erases them."""

    PREFIXES = ("/club",)
    SETTINGS = {"hourly_limit": 500, "banned": []}
    SECRET_HEADERS = ("x-api-key",)
    ROUTES = (
        ("GET", "/club/v1/account", "read_account"),
        ("PUT", "/club/v1/{kind}", "save"),
        ("GET", "/club/v1/{kind}/odoo/{odoo_id}", "find"),
        ("DELETE", "/club/v1/{kind}/{key}", "forget"),
    )

    def start(self):
        self.stores = {kind: Store(("odoo_id",), first_id=501) for kind in ("members", "contacts")}
        self.calls = 0

    def authenticate(self, request):
        if request.headers.get("x-api-key") != KEY:
            raise self.unauthorized()
        self.calls += 1

    def headers(self, caller):
        limit = self.settings["hourly_limit"]
        return (("X-Club-Limit", limit), ("X-Club-Left", max(limit - self.calls, 0)))

    def read_account(self, request):
        return json_response(200, {"name": "Sandbox club"})

    def save(self, request, kind):
        store, values = self.stores[kind], self.body_of(request)
        if values.get("name") in self.settings["banned"]:
            raise self.failure(422, f"{values['name']} is banned")
        record = store.find(values["odoo_id"], "odoo_id") or store.create()
        store.write(record, values)
        return json_response(200, {"id": record.id})

    def find(self, request, kind, odoo_id):
        record = self.stores[kind].find(odoo_id, "odoo_id")
        if record is None:
            raise self.failure(404, "no such record")
        return json_response(200, {"id": record.id})

    def forget(self, request, kind, key):
        record = self.stores[kind].find(key)
        if record is None:
            raise self.failure(404, "no such record")
        self.stores[kind].forget(record)
        return Response(204)

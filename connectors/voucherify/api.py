"""Calls to Voucherify's API. Each returns the JSON object of the answer, or raises the hub's error."""

from urllib.parse import quote

from . import errors

MAX_PAGE = 100
MAX_PAGES = 100


class Api:
    """The calls that the adapter makes.

    :param http: the :class:`~..http_client.HttpClient`
    """

    def __init__(self, http):
        self.http = http

    def call(self, method, path, body=None, params=None):
        """
        :raise RemoteError: the call failed
        """
        response = self.http.request(method, path, json=body, params=params)
        if response.status >= 400:
            raise errors.from_response(response, write=method != "GET", sent=body or ())
        return response

    def customer(self, key):
        return self.call("GET", f"/v1/customers/{_part(key)}").object

    def save_customer(self, body):
        return self.call("POST", "/v1/customers", body).object

    def erase_customer(self, key):
        return self.call("POST", f"/v1/customers/{_part(key)}/permanent-deletion").object

    def save_order(self, body):
        return self.call("POST", "/v1/orders", body).object

    def change_order(self, source_id, body):
        return self.call("PUT", f"/v1/orders/{_part(source_id)}", body).object

    def voucher(self, code):
        return self.call("GET", f"/v1/vouchers/{_part(code)}").object

    def release(self, code, session):
        self.call("DELETE", f"/v1/vouchers/{_part(code)}/sessions/{_part(session)}")

    def change_balance(self, code, body):
        return self.call("POST", f"/v1/vouchers/{_part(code)}/balance", body).object

    def voucher_transactions(self, code):
        """Yield the transactions of a gift card, the newest first, page by page."""
        params = {"limit": MAX_PAGE}
        for _page in range(MAX_PAGES):
            found = self.call("GET", f"/v1/vouchers/{_part(code)}/transactions", params=params).object
            yield from (each for each in found.get("data") or () if isinstance(each, dict))
            following = found.get("more_starting_after")
            if not found.get("has_more") or not following:
                return
            params = {**params, "starting_after_id": following}

    def validate(self, body):
        return self.call("POST", "/v1/validations", body).object

    def redeem(self, body):
        return self.call("POST", "/v1/redemptions", body).object

    def roll_back(self, redemption, body):
        return self.call("POST", f"/v1/redemptions/{_part(redemption)}/rollback", body).object

    def redemptions(self, code):
        """Yield the successful redemptions of a voucher, the newest first, page by page. Some may be rolled back."""
        params = {
            "limit": MAX_PAGE,
            "order": "-created_at",
            "result": "SUCCESS",
            "filters[voucher_code][conditions][$is]": code,
        }
        for page in range(1, MAX_PAGES):
            found = self.call("GET", "/v1/redemptions", params={**params, "page": page}).object
            listed = [each for each in found.get("redemptions") or () if isinstance(each, dict)]
            yield from (each for each in listed if each.get("object") == "redemption")
            if len(listed) < MAX_PAGE:
                return

    def enroll(self, program, source_id):
        """
        :raise ConflictError: the customer is a member already
        """
        identification = {"type": "customer_source_id", "customer_source_id": source_id}
        path = f"/v2/loyalties/programs/{_part(program)}/members"
        return self.call("POST", path, {"customer_identification": identification}).object

    def wallets(self, program):
        """Return the ids of a program's card definitions.

        :raise RemoteNotFoundError: there is no such program
        """
        found = self.call("GET", f"/v2/loyalties/programs/{_part(program)}/card-definitions").object.get(
            "data"
        )
        return {each.get("card_definition_id") for each in found or () if isinstance(each, dict)}

    def membership(self, program, source_id):
        path = f"/v2/loyalties/programs/{_part(program)}/memberships/{_part(source_id)}"
        return self.call("GET", path, params={"identification_type": "customer_source_id"}).object

    def examine(self, body):
        """Return what an order would earn, by program and card."""
        return self.call("POST", "/v2/loyalties/examine/earning-rules", body).object

    def adjust(self, program, member, card, body):
        return self.call("POST", f"{_card_path(program, member, card)}/points", body).object

    # ----- promotions -----

    def pages(self, path, name, **params):
        """Yield the objects of a list of v1, page by page."""
        for page in range(1, MAX_PAGES):
            body = self.call("GET", path, params={**params, "limit": MAX_PAGE, "page": page}).object
            found = body.get(name) or ()
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < MAX_PAGE:
                return

    def one(self, kind, key):
        """
        :param kind: ``campaigns`` or ``vouchers``
        :raise RemoteNotFoundError: there is none
        """
        return self.call("GET", f"/v1/{kind}/{_part(key)}").object

    def create_voucher(self, code, body):
        """
        :raise ConflictError: there is one with this code
        """
        return self.call("POST", f"/v1/vouchers/{_part(code)}", body).object

    def change(self, kind, key, body):
        return self.call("PUT", f"/v1/{kind}/{_part(key)}", body).object

    def switch(self, kind, key, is_active):
        self.call("POST", f"/v1/{kind}/{_part(key)}/{'enable' if is_active else 'disable'}")

    def change_price(self, product, sku, body):
        path = f"/v1/products/{_part(product)}"
        return self.call("PUT", f"{path}/skus/{_part(sku)}" if sku else path, body).object

    def segments(self):
        found = self.call("GET", "/v1/segments", params={"limit": MAX_PAGE}).object.get("data")
        return [each for each in found or () if isinstance(each, dict)]

    # ----- points -----

    def transactions(self, program, member, card):
        """Yield the transactions of a card, the newest first, page by page."""
        path = f"{_card_path(program, member, card)}/transactions"
        params = {"limit": MAX_PAGE, "order": "-created_at"}
        for _page in range(MAX_PAGES):
            body = self.call("GET", path, params=params).object
            yield from (each for each in body.get("data") or () if isinstance(each, dict))
            following = (body.get("cursor") or {}).get("next")
            if not following:
                return
            params = {**params, "cursor": following}


def _card_path(program, member, card):
    return f"/v2/loyalties/programs/{_part(program)}/members/{_part(member)}/cards/{_part(card)}"


def _part(text):
    return quote(text, safe="")

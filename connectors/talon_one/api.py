"""Calls to Talon.One's Integration API and Management API. Each returns the answer, or raises the hub's error."""

from urllib.parse import quote

from ...core.errors import RemoteNotFoundError, TransientError
from . import errors

MAX_PAGE = 200
MAX_PAGES = 100
MAX_MANAGED, MANAGED_PAGES = 1000, 3  # of the Management API: it takes three calls a second of each operation
INTEGRATION_KEY, MANAGEMENT_KEY = "integration_key", "management_key"
PREFIXES = {INTEGRATION_KEY: "ApiKey-v1", MANAGEMENT_KEY: "ManagementKey-v1"}
PROFILES, SESSIONS = "/v2/customer_profiles", "/v2/customer_sessions"


def authorization(credentials, name):
    """Return the header of a key, empty without one."""
    key = (credentials.get(name) or "").strip()
    return {"Authorization": f"{PREFIXES[name]} {key}"} if key else {}


class Api:
    """The calls that the adapter makes.

    :param http: the :class:`~..http_client.HttpClient`, which sends the integration key
    :param credentials: ``{name: clear text}``
    """

    def __init__(self, http, credentials):
        self.http, self.credentials = http, credentials

    def call(self, method, path, body=None, params=None, headers=None):
        """
        :raise RemoteError: the call failed
        """
        response = self.http.request(method, path, json=body, params=params, headers=headers)
        if response.status >= 400:
            raise errors.from_response(response, write=method != "GET", sent=body or ())
        return response

    def manage(self, method, path, body=None, params=None):
        """Make a call of the Management API, with its own key.

        :raise RemoteError: the call failed
        """
        return self.call(method, path, body, params, authorization(self.credentials, MANAGEMENT_KEY))

    def _evaluated(self, method, path, body, key="", **options):
        """Make a call that runs rules, and return the JSON object of the answer, which has effects.

        :raise RemoteError: the call failed, or nobody knows what became of it
        """
        headers = {"Idempotency-Key": key} if key else None
        answer = self.call(method, path, body, headers=headers, **options).object
        if not isinstance(answer.get("effects"), list):
            message = "The response of Talon.One has no effects."
            raise TransientError(message, code="BAD_RESPONSE", uncertain=True)
        return answer

    # ----- customers -----

    def save_profile(self, profile, body):
        """Without an idempotency key: an update sets a state, and an answer that is kept would hide a newer one."""
        return self._evaluated("PUT", f"{PROFILES}/{_part(profile)}", body)

    def profile(self, profile):
        """
        :raise RemoteNotFoundError: there is none
        """
        path = f"/v1/customer_profiles/{_part(profile)}/inventory"
        found = self.call("GET", path, params={"profile": "true"}).object.get("profile")
        if not isinstance(found, dict):
            raise TransientError("The response of Talon.One has no profile.", code="BAD_RESPONSE")
        return found

    def erase_profile(self, profile):
        self.call("DELETE", f"/v1/customer_data/{_part(profile)}")

    # ----- orders -----

    def save_session(self, session, body, key):
        return self._evaluated("PUT", f"{SESSIONS}/{_part(session)}", body, key)

    def dry_run_session(self, session, body):
        """Return what a session would bring, which is not kept."""
        return self._evaluated("PUT", f"{SESSIONS}/{_part(session)}", body, params={"dry": "true"})

    def session(self, session):
        """Return the session; None if there is none."""
        found = self.session_with_effects(session)
        return found and found["customerSession"]

    def session_with_effects(self, session):
        """Return the session and the effects that are valid; None if there is none."""
        try:
            found = self.call("GET", f"{SESSIONS}/{_part(session)}").object
        except RemoteNotFoundError:
            return None
        if not isinstance(found.get("customerSession"), dict):
            raise TransientError("The response of Talon.One has no session.", code="BAD_RESPONSE")
        return found

    def give_back(self, session, body, key):
        return self._evaluated("POST", f"{SESSIONS}/{_part(session)}/returns", body, key)

    # ----- events -----

    def track(self, body):
        """
        :raise TransientError: ``BUSY``: or the event is known already
        """
        return self._evaluated("POST", "/v3/events", body)

    def event(self, key):
        """Return an event; None if there is none."""
        try:
            return self.call("GET", f"/v3/events/{_part(key)}").object
        except RemoteNotFoundError:
            return None

    # ----- points -----

    def join(self, program, profile):
        self.call("POST", f"{_member(program, profile)}/join")

    def balances(self, program, profile):
        params = {"includeTiers": "true"}
        return self.call("GET", f"{_member(program, profile)}/balances", params=params).object

    def unused(self, program, profile, **params):
        """Yield the unused points of a status, lot by lot."""
        return self._pages(f"{_member(program, profile)}/points", params)

    def transactions(self, program, profile, **params):
        """Yield the transactions of a profile, the newest first."""
        return self._pages(f"{_member(program, profile)}/transactions", params)

    def _pages(self, path, params):
        for page in range(MAX_PAGES):
            size = {"pageSize": MAX_PAGE, "skip": page * MAX_PAGE}
            body = self.call("GET", path, params={**params, **size}).object
            yield from (each for each in body.get("data") or () if isinstance(each, dict))
            if body.get("hasMore") is not True:
                return

    def change_points(self, program, profile, operation, body):
        """Add points by hand, or deduct them: the answer has no body, and a second call changes them again."""
        self.manage("PUT", f"{_member(program, profile)}/{operation}_points", body)

    def programs(self):
        return self.manage("GET", "/v1/loyalty_programs")

    def program_ids(self):
        found = self.programs().object.get("data")
        return {str(each.get("id")) for each in found or () if isinstance(each, dict)}

    # ----- promotions -----

    def campaigns(self, application):
        path = f"/v1/applications/{application}/campaigns"
        body = self.manage("GET", path, params={"pageSize": MAX_MANAGED}).object
        return [each for each in body.get("data") or () if isinstance(each, dict)]

    def coupons(self, application):
        """Return ``(coupons, whether these are all)``."""
        path, found = f"/v1/applications/{application}/coupons_search_advanced/no_total", []
        for page in range(MANAGED_PAGES):
            params = {"pageSize": MAX_MANAGED, "skip": page * MAX_MANAGED}
            body = self.manage("POST", path, {}, params).object
            found += (each for each in body.get("data") or () if isinstance(each, dict))
            if body.get("hasMore") is not True:
                return found, True
        return found, False

    def campaign(self, application, campaign):
        """
        :raise RemoteNotFoundError: there is none
        """
        return self.manage("GET", f"/v1/applications/{application}/campaigns/{_part(campaign)}").object

    def save_campaign(self, application, campaign, body):
        self.manage("PUT", f"/v1/applications/{application}/campaigns/{_part(campaign)}", body)


def _member(program, profile):
    return f"/v1/loyalty_programs/{_part(program)}/profile/{_part(profile)}"


def _part(text):
    return quote(text, safe="")

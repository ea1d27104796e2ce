"""Calls to Voucherify. The URL and the program are the system parameters ``bench.url`` and ``bench.program``."""

import requests

from odoo.addons.queue_job.exception import RetryableJobError

from .hubspot import TIMEOUT

KEYS = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}


class Voucherify:
    """One HTTP session, for the calls of one job. A context manager."""

    def __init__(self, env):
        parameters = env["ir.config_parameter"].sudo()
        self.url = parameters.get_param("bench.url")
        self.program = f"/v2/loyalties/programs/{parameters.get_param('bench.program')}"
        self.session = requests.Session()
        self.session.headers.update(KEYS)

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self.session.close()

    def call(self, method, path, body=None, params=None):
        """Make a call, and return the JSON body of the response.

        :raise RetryableJobError: no response, or one that asks to retry
        """
        try:
            answer = self.session.request(method, self.url + path, json=body, params=params, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise RetryableJobError("Voucherify does not answer") from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetryableJobError(f"Voucherify answered {answer.status_code}")
        answer.raise_for_status()
        return answer.json()

    def enroll(self, key, values):
        """Make a new customer a member; return the path of their card."""
        self.call("POST", "/v1/customers", {"source_id": key, **values})
        identification = {"type": "customer_source_id", "customer_source_id": key}
        self.call("POST", f"{self.program}/members", {"customer_identification": identification})
        params = {"identification_type": "customer_source_id"}
        found = self.call("GET", f"{self.program}/memberships/{key}", params=params)
        return f"{self.program}/members/{found['member']['id']}/cards/{found['cards'][0]['card']['id']}"

    def adjust(self, card, points, reason):
        """Change the points of a card; return whether that is booked."""
        made = self.call("POST", f"{card}/points", {"points": points, "reason": reason})["transaction"]
        newest = self.call("GET", f"{card}/transactions", params={"limit": 10, "order": "-created_at"})
        return any(each["id"] == made["id"] and each["status"] == "APPROVED" for each in newest["data"])

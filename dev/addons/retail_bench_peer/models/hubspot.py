"""Calls to HubSpot. The URL and the token are the system parameters ``bench.url`` and ``bench.token``."""

import requests

from odoo.addons.queue_job.exception import RetryableJobError

VERSION = "2026-09"
TIMEOUT = (5, 20)


class HubSpot:
    """One HTTP session, for the calls of one job. A context manager."""

    def __init__(self, env):
        parameters = env["ir.config_parameter"].sudo()
        self.url = parameters.get_param("bench.url")
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {parameters.get_param('bench.token')}"

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self.session.close()

    def call(self, method, api, path, body):
        """Make a call, and return the JSON body of the response.

        :param api: such as ``objects``
        :raise RetryableJobError: no response, or one that asks to retry
        """
        url = f"{self.url}/crm/{api}/{VERSION}/{path}"
        try:
            answer = self.session.request(method, url, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise RetryableJobError("HubSpot does not answer") from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetryableJobError(f"HubSpot answered {answer.status_code}")
        answer.raise_for_status()
        return answer.json()

    def upsert(self, objects, key, records):
        """Upsert records (dicts of properties) by the property ``key``; return ``{value of the key: id}``."""
        inputs = [{"id": each[key], "idProperty": key, "properties": each} for each in records]
        answer = self.call("POST", "objects", f"{objects}/batch/upsert", {"inputs": inputs})
        return {each["properties"][key]: each["id"] for each in answer["results"]}

    def link(self, objects, others, record_id, other_ids):
        """Associate a record with records of another object."""
        inputs = [{"from": {"id": record_id}, "to": {"id": other_id}} for other_id in other_ids]
        self.call("POST", "associations", f"{objects}/{others}/batch/associate/default", {"inputs": inputs})

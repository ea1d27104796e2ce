"""Signed webhooks, to the system parameter ``bench.webhook_url``, with the secret ``bench.webhook_secret``."""

import base64
import hashlib
import hmac
import json
import time

import requests

from odoo.addons.queue_job.exception import RetryableJobError

from .hubspot import TIMEOUT


def post(env, event):
    """Post one CloudEvent (a dict), signed as Standard Webhooks defines.

    :raise RetryableJobError: the receiver did not accept it
    """
    parameters = env["ir.config_parameter"].sudo()
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    headers = _signed(parameters.get_param("bench.webhook_secret"), event["id"], body)
    headers["Content-Type"] = "application/cloudevents+json"
    url = parameters.get_param("bench.webhook_url")
    try:
        requests.post(url, data=body, headers=headers, timeout=TIMEOUT).raise_for_status()
    except requests.RequestException as error:
        raise RetryableJobError("The receiver did not accept the event") from error


def _signed(secret, identity, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    timestamp = str(int(time.time()))
    digest = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": identity, "webhook-timestamp": timestamp, "webhook-signature": signature}

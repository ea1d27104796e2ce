"""The webhook adapter: posts events to any URL, as CloudEvents signed as Standard Webhooks defines."""

import json
import time
import uuid

from ...core.errors import AuthError
from ...schemas.envelope import CONTENT_TYPE, CloudEvent
from .. import signing
from ..base import Sampler
from ..cloud_events import cloud_event
from ..items import Outcome, Prepared
from ..provider import ConnectionReport
from ..record_adapter import RecordAdapter
from . import errors

PING = "retail.ping.v1"
SECRETS = ("signing_secret", "former_secret")  # both sign while a secret is being replaced


def check_secret(secret):
    """Check that a text can be a signing secret.

    :raise AuthError: it cannot
    """
    try:
        signing.key_of(secret)
    except ValueError:
        raise AuthError(
            "A signing secret must be whsec_ followed by 24 to 64 random bytes in base64.", code="BAD_SECRET"
        ) from None


class WebhookAdapter(RecordAdapter, Sampler):
    """Posts one event per call. README.md describes what the receiver gets."""

    def __init__(self, settings, mapper, http):
        super().__init__(settings, mapper, http)
        self._path = "/" if settings.base_url.endswith("/") else ""

    # ----- preparing -----

    def prepare(self, item):
        """Wrap an item's payload in a CloudEvents envelope.

        :raise MappingError: the event type is unknown
        """
        return self._prepared(item)

    def prepare_sample(self, item):
        """As :meth:`prepare`, with the CloudEvents attribute ``test``."""
        return self._prepared(item, test=True)

    def _prepared(self, item, **more):
        event = cloud_event(item, self.settings.source, **more)
        return Prepared(item, "event", event.canonical(), item.data)

    # ----- sending -----

    def send_one(self, prepared):
        response = self._post(prepared.body)
        return Outcome(prepared.item.trace_id, http_status=response.status)

    def resolve(self, batch):
        """Resend: the webhook id stays the same, and receivers handle each id once."""
        return self.send(batch)

    def _post(self, event):
        """Post one event, and return the :class:`~..http_client.Response`.

        :raise RemoteError: the receiver did not accept the event, or it is not known whether it did
        """
        keys = self._keys()
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signing.headers(keys, event["id"], int(time.time()), body)
        response = self.http.request(
            "POST", self._path, content=body, headers={"Content-Type": CONTENT_TYPE, **headers}
        )
        if response.status >= 400:
            raise errors.from_response(response, self.http.host, event)
        return response

    def _keys(self):
        """Return the keys to sign with: two while a secret is being replaced, else one."""
        secrets = [secret for name in SECRETS if (secret := self.settings.credentials.get(name))]
        for secret in secrets:
            check_secret(secret)
        return [signing.key_of(secret) for secret in secrets]

    # ----- connection -----

    def test_connection(self):
        """Post a signed event of type ``retail.ping.v1``, which receivers accept and ignore.

        :raise RemoteError: the call failed; the message is for the admin
        """
        ping = CloudEvent(id=str(uuid.uuid4()), source=self.settings.source, type=PING, data={})
        response = self._post(ping.canonical())
        return ConnectionReport(self.http.host, response.date)

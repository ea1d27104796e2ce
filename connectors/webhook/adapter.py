"""Webhook: every event to one URL of anybody's choice, as CloudEvents signed by Standard Webhooks."""

import json
import time
import uuid

from ...core.errors import AuthError, MappingError
from ...schemas import EVENT_TYPES
from ...schemas.envelope import CONTENT_TYPE, CloudEvent, rfc3339, schema_uri
from .. import signing
from ..items import Outcome, Prepared
from ..provider import ConnectionReport
from ..record_adapter import RecordAdapter
from . import errors

PING = "retail.ping.v1"
SECRETS = ("signing_secret", "former_secret")  # while one is being replaced, both sign


def check_secret(secret):
    """Raise an :class:`AuthError` if the text cannot be a signing secret."""
    try:
        signing.key_of(secret)
    except ValueError:
        raise AuthError(
            "A signing secret is whsec_ followed by 24 to 64 random bytes in base64.", code="BAD_SECRET"
        ) from None


class WebhookAdapter(RecordAdapter):
    """Posts one event per call. See README.md for what the receiver gets."""

    def __init__(self, settings, mapper, http):
        super().__init__(settings, mapper, http)
        self._path = "/" if settings.base_url.endswith("/") else ""

    # ----- preparing -----

    def prepare(self, item):
        """Put an item in its envelope.

        :raise MappingError: an event type that the hub does not know
        """
        event_type = EVENT_TYPES.get(item.event_type)
        if event_type is None:
            raise MappingError(f"There is no event type {item.event_type}.", code="EVENT_NOT_SUPPORTED")
        event = CloudEvent(
            id=item.idempotency_key,
            source=self.settings.source,
            type=event_type.cloudevents_type,
            subject=item.subject or None,
            time=rfc3339(item.occurred_at),
            dataschema=schema_uri(self.settings.source, event_type.schema.__name__),
            correlationid=item.correlation_id or None,
            causationid=item.causation_id or None,
            replayid=item.replay_id or None,
            data=item.data,
        )
        return Prepared(item, "event", event.canonical(), item.data)

    # ----- sending -----

    def send_one(self, prepared):
        response = self._post(prepared.body)
        return Outcome(prepared.item.trace_id, http_status=response.status)

    def resolve(self, batch):
        """Send again: the id is the same, and receivers take no id twice."""
        return self.send(batch)

    def _post(self, event):
        """Send one event; return the :class:`~..http_client.Response` of a receiver that took it.

        :raise RemoteError: it did not, or may not have
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
        """Return the keys to sign with: while a secret is being replaced, the new one and the former one."""
        secrets = [secret for name in SECRETS if (secret := self.settings.credentials.get(name))]
        for secret in secrets:
            check_secret(secret)
        return [signing.key_of(secret) for secret in secrets]

    # ----- connection -----

    def test_connection(self):
        """Send a signed event of type ``retail.ping.v1``, which receivers take and ignore.

        :raise RemoteError: in words for the admin
        """
        ping = CloudEvent(id=str(uuid.uuid4()), source=self.settings.source, type=PING, data={})
        response = self._post(ping.canonical())
        return ConnectionReport(self.http.host, response.date)

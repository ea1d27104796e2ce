"""Receives Talon.One's notifications: each reports one change of a balance, or changes of several tiers.

They are not signed. Whoever sends them knows the URL, and the bearer token that the admin enters in the Campaign
Manager. A report may be late, repeated, or out of order, and is a hint only: the balance is read.
Source: https://docs.talon.one/docs/product/loyalty-programs/loyalty-notifications/overview
"""

import hmac
import secrets as random
from functools import partial

from ...core.problem import Problem
from ...core.strict_json import read_object
from ..authentication import Credential
from ..loyalty import EngineProgram, customer_of
from ..receiver import Receiver, ReportedChange, SignatureError
from . import points

SECRETS = ("webhook_secret", "former_webhook_secret")
AUTHORIZATION, MESSAGE_ID = "authorization", "x-uuid"
MAX_TEXT = 100
KEPT = ("LoyaltyProgramID", "SubledgerID", "TypeOfChange")  # the rest may be personal, and out of date
CARD = "loyalty_card"


class TalonOneReceiver(Receiver):
    """Verifies with a bearer token."""

    MAX_ITEMS = 1_000  # of a list of tiers, see the specification
    secret_names = SECRETS
    credentials = (
        Credential(
            SECRETS[0],
            "Bearer token of notifications",
            required=False,
            former=SECRETS[1],
            generate=partial(random.token_urlsafe, 32),
        ),
        Credential(SECRETS[1], "Former bearer token of notifications", required=False),
    )

    def verify(self, request, secrets):
        """Check the token. Nothing says when a notification was sent."""
        scheme, _space, token = request.headers.get(AUTHORIZATION, "").partition(" ")
        known = [secret for name in SECRETS if (secret := secrets.get(name))]
        is_known = any([hmac.compare_digest(each.encode(), token.encode()) for each in known])
        if scheme.casefold() != "bearer" or not is_known:
            raise SignatureError("The bearer token is missing or not valid.")

    def commands(self, request):
        body, key = read_object(request.body), request.headers.get(MESSAGE_ID, "")
        kind = body.get("NotificationType")
        if not (_is_text(kind) and _is_text(key)):
            message = "A notification has a NotificationType, and a header X-UUID, which are texts."
            raise Problem("invalid-request", message)
        entries = body.get("Data", [body])
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise Problem("invalid-request", "The Data of a notification is a list of objects.")
        if len(entries) > self.MAX_ITEMS:
            raise Problem("invalid-request", f"A notification has at most {self.MAX_ITEMS} entries.")
        return [_change(f"talon_one-{key}/{number}", kind, each) for number, each in enumerate(entries)]


def _change(key, kind, entry):
    balance = _balance(entry)
    kept = {name: entry[name] for name in KEPT if isinstance(entry.get(name), str | int)}
    content = {"NotificationType": kind, **kept}
    if balance:
        return ReportedChange(key, CARD, (balance,), "updated", content)
    return ReportedChange(key, "notification", (kind,), "sent", content)


def _balance(entry):
    """Return the ID of the balance of which an entry says something, empty if it is of no customer of Odoo."""
    profile = entry.get("ProfileIntegrationID") or entry.get("CustomerProfileID")
    program, wallet = entry.get("LoyaltyProgramID"), entry.get("SubledgerID") or ""
    is_given = _is_text(profile) and isinstance(program, int) and isinstance(wallet, str)
    is_own = is_given and customer_of(profile)
    return points.member_id(EngineProgram(str(program), wallet[:MAX_TEXT]), profile) if is_own else ""


def _is_text(value):
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT

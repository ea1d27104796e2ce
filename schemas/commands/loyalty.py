"""Commands about the points of loyalty cards, gift cards and eWallets, version 1."""

from decimal import Decimal as Number
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ..base import Canonical, Decimal, Timestamp
from ..loyalty_member import LoyaltyBalanceV1
from .base import CommandType, ExternalId, Line
from .order import HoldMinutes

MOST_POINTS = 10**9  # balances are floats of 15 digits, six of them decimals


def _is_amount(text: str) -> str:
    """
    :raise ValueError: it is 0, or more than a balance can hold
    """
    if not 0 < Number(text) < MOST_POINTS:
        raise ValueError(f"It has to be more than 0, and less than {MOST_POINTS:,}.")
    return text


# Of a gift card or an eWallet, an amount in its currency.
Points = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$"),
    AfterValidator(_is_amount),
]


class LoyaltyCardRefV1(Canonical):
    """A card: by its ``code``, or by its customer, and by ``program_id`` if the customer has several cards."""

    code: Line = Field("", max_length=128)
    customer_external_id: ExternalId | None = None
    program_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,18}$")] = ""

    @model_validator(mode="after")
    def _is_named(self):
        if bool(self.code) == bool(self.customer_external_id):
            raise ValueError("Name the card by either its code or its customer.")
        return self


class LoyaltyEnrollV1(Canonical):
    """Make a customer a member of a loyalty program, who has agreed to its terms.

    ``consented_at`` is when they agreed, ``consent_source`` where, such as a page of your shop. Without ``program_id``,
    it is the only program.
    """

    customer_external_id: ExternalId
    program_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,18}$")] = ""
    consented_at: Timestamp
    consent_source: Line = Field(min_length=1, max_length=128)


class LoyaltyEnrollResultV1(Canonical):
    """The card of a member. ``outcome`` is ``unchanged`` if the customer was a member before."""

    outcome: Literal["enrolled", "unchanged"]
    customer_external_id: str
    card: LoyaltyBalanceV1


class LoyaltyHoldV1(Canonical):
    """Hold points for a checkout, so that nobody else spends them for so many ``minutes``.

    ``external_id`` is your own identifier of the hold, ``reference`` what the points are for, such as the number of
    your order. ``passcode`` is what the customer got, if they have to confirm so many points.
    """

    external_id: ExternalId
    card: LoyaltyCardRefV1
    points: Points
    minutes: HoldMinutes = 15
    reference: Line = Field("", max_length=128)
    passcode: Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")] = ""


class LoyaltyConfirmV1(Canonical):
    """Have a code sent to the customer, with which they confirm that so many points are held and spent.

    ``external_id`` is that of the hold that follows. A new code takes the place of the one before.
    """

    external_id: ExternalId
    card: LoyaltyCardRefV1
    points: Points
    channel: Literal["email", "sms"] = "email"


class LoyaltyConfirmResultV1(Canonical):
    """Where the code was sent, in part, and until when it is valid. The code itself is nowhere in the API."""

    external_id: str
    outcome: Literal["sent"]
    card_id: str
    channel: Literal["email", "sms"]
    sent_to: str
    valid_until: Timestamp


class LoyaltyCommitV1(Canonical):
    """Spend points that are held: all, or fewer. The rest is released."""

    external_id: ExternalId
    points: Points | None = None


class LoyaltyReleaseV1(Canonical):
    """Release points that are held, as nothing was bought."""

    external_id: ExternalId


class LoyaltyHoldResultV1(Canonical):
    """A hold as it is now. ``balance`` is that of the card, ``available`` what of it nobody holds.

    ``spent`` is what was committed, 0 otherwise.
    """

    id: str
    external_id: str
    outcome: Literal["held", "committed", "released", "unchanged"]
    state: Literal["held", "committed", "released", "expired"]
    card_id: str
    points: Decimal
    spent: Decimal
    held_until: Timestamp
    balance: Decimal
    available: Decimal


class LoyaltyEarnV1(Canonical):
    """Give points to a card. ``external_id`` is your own identifier of this, ``reference`` says what it is for."""

    external_id: ExternalId
    card: LoyaltyCardRefV1
    points: Points
    reference: Line = Field("", max_length=128)


class LoyaltyReverseV1(Canonical):
    """Take back points that were earned, all that are left or fewer: such as those of returned goods.

    ``external_id`` is that of the earned points, ``reversal_id`` your own identifier of the reversal.
    """

    external_id: ExternalId
    reversal_id: ExternalId
    points: Points | None = None
    reference: Line = Field("", max_length=128)


class LoyaltyPointsResultV1(Canonical):
    """Points that were earned, or taken back.

    ``points`` is how many the card got, negative for a reversal. ``short`` is how many could not be taken back, since
    they were spent: deduct their worth from the refund. ``left`` is how many of the earned points can still be
    reversed.
    """

    id: str
    external_id: str
    outcome: Literal["earned", "reversed", "unchanged"]
    card_id: str
    points: Decimal
    short: Decimal
    left: Decimal
    balance: Decimal
    available: Decimal


def _subject(command):
    return f"loyalty_hold/{command.external_id}"


def _subject_of_points(command):
    return f"loyalty_points/{command.external_id}"


def _subject_of_member(command):
    return f"customer/{command.customer_external_id}"


COMMAND_TYPES = (
    CommandType(
        "loyalty.enroll",
        LoyaltyEnrollV1,
        LoyaltyEnrollResultV1,
        "loyalty:redeem",
        "Enroll a customer",
        _subject_of_member,
    ),
    CommandType(
        "loyalty.hold", LoyaltyHoldV1, LoyaltyHoldResultV1, "loyalty:redeem", "Hold points", _subject
    ),
    CommandType(
        "loyalty.confirm",
        LoyaltyConfirmV1,
        LoyaltyConfirmResultV1,
        "loyalty:redeem",
        "Have a redemption confirmed",
        _subject,
    ),
    CommandType(
        "loyalty.commit",
        LoyaltyCommitV1,
        LoyaltyHoldResultV1,
        "loyalty:redeem",
        "Spend held points",
        _subject,
    ),
    CommandType(
        "loyalty.release",
        LoyaltyReleaseV1,
        LoyaltyHoldResultV1,
        "loyalty:redeem",
        "Release held points",
        _subject,
    ),
    CommandType(
        "loyalty.earn",
        LoyaltyEarnV1,
        LoyaltyPointsResultV1,
        "loyalty:redeem",
        "Give points",
        _subject_of_points,
    ),
    CommandType(
        "loyalty.reverse",
        LoyaltyReverseV1,
        LoyaltyPointsResultV1,
        "loyalty:redeem",
        "Take back earned points",
        _subject_of_points,
    ),
)

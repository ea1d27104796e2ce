"""Commands about customers, version 1."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints, model_validator

from ..base import Canonical
from ..customer import Country
from .base import CommandType, Email, ExternalId, Line, Moment, Website

MAX_ADDRESSES = 20

# BCP 47.
LanguageTag = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")
]


class NameInputV1(Canonical):
    """What the person or company is called: in ``full``, or for a person in parts."""

    full: Line = Field("", max_length=256)
    given: Line = Field("", max_length=128)
    family: Line = Field("", max_length=128)

    @model_validator(mode="after")
    def _is_a_name(self):
        if not self.text:
            raise ValueError("The name is empty.")
        return self

    @property
    def text(self):
        """The name in one text."""
        return self.full or " ".join(filter(None, (self.given, self.family)))


class ConsentInputV1(Canonical):
    """What the customer allows. ``email_opt_out``: wants no marketing emails."""

    email_opt_out: StrictBool


class PhoneInputV1(Canonical):
    """A telephone number in E.164 form (ITU-T E.164), such as ``+32470123456``."""

    kind: Literal["main"] = "main"
    number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")]


class AddressInputV1(Canonical):
    """A postal address; ``country`` is ISO 3166-1 alpha-2, ``region`` the code or the name of the state or province."""

    kind: Literal["contact", "invoice", "delivery", "other"]
    name: Line = Field("", max_length=256)
    street: Line = Field("", max_length=256)
    street2: Line = Field("", max_length=256)
    city: Line = Field("", max_length=128)
    postal_code: Line = Field("", max_length=32)
    region: Line = Field("", max_length=128)
    country: Country | None = None


class CustomerInputV1(Canonical):
    """What a caller knows of a customer."""

    type: Literal["person", "company"] = "person"
    name: NameInputV1 | None = None
    company_name: Line = Field("", max_length=256)
    job_title: Line = Field("", max_length=128)
    email: Email = ""
    phone: PhoneInputV1 | None = None
    language: LanguageTag | None = None
    tax_id: Line = Field("", max_length=64)
    website: Website = ""
    consent: ConsentInputV1 | None = None


class CustomerUpsertV1(CustomerInputV1):
    """Create a customer, or change the one with this ``external_id``.

    A new ``external_id`` is that of the customer with the same email address, if there is one. What is left out stays
    as it is; what is empty is emptied. Of ``addresses``, ``contact`` is the customer's own; others are added to the
    customer unless an equal one is there. A state that is older than a known one, by ``occurred_at``, changes nothing.
    """

    external_id: ExternalId
    addresses: tuple[AddressInputV1, ...] = Field((), max_length=MAX_ADDRESSES)
    occurred_at: Moment | None = None


class CustomerResultV1(Canonical):
    """The customer that a command was about.

    ``id`` is the customer's id in Odoo, ``external_id`` the caller's. ``outcome`` says what happened: ``created``;
    ``updated``; ``unchanged``; ``linked``: the external id is new, and now that of a customer who was there;
    ``superseded``: a newer state of the customer is known, so nothing was changed.
    """

    id: str
    external_id: str
    outcome: Literal["created", "linked", "updated", "unchanged", "superseded"]
    warnings: tuple[str, ...] = ()


COMMAND_TYPES = (
    CommandType(
        "customer.upsert",
        CustomerUpsertV1,
        CustomerResultV1,
        "customers:write",
        "Create or update a customer",
        subject=lambda command: f"customer/{command.external_id}",
    ),
)

"""The customer, version 1."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ..core.const import EventKind
from .base import Canonical, EventType, _lt

E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{1,14}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$")]


class NameV1(Canonical):
    """``full`` is what the person or company is called; a person's parts are a best guess from it."""

    full: str
    given: str = ""
    family: str = ""


class PhoneV1(Canonical):
    """A telephone number in E.164 form (ITU-T E.164), such as ``+32470123456``."""

    kind: Literal["main"] = "main"
    number: E164


class AddressV1(Canonical):
    """A postal address; ``country`` is ISO 3166-1 alpha-2, ``region`` the code of the state or province."""

    kind: Literal["contact", "invoice", "delivery", "other"]
    name: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: Country | None = None


class ConsentV1(Canonical):
    """What the customer allows. ``email_opt_out``: is on the mail blacklist."""

    email_opt_out: bool = False


class CustomerV1(Canonical):
    """A person or company that buys, at one moment.

    ``id`` is the identity at the source (the record's id in Odoo's database);
    ``external_ids`` are further identities: ``reference``, ``barcode``. ``company_id`` is the customer that is the
    company which a person belongs to.
    """

    id: str
    type: Literal["person", "company"]
    active: bool = True
    name: NameV1
    company_name: str = ""
    company_id: str = ""
    job_title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[PhoneV1, ...] = ()
    addresses: tuple[AddressV1, ...] = ()
    language: Language | None = None
    tax_id: str = ""
    website: str = ""
    consent: ConsentV1 = Field(default_factory=ConsentV1)
    tags: tuple[str, ...] = ()
    external_ids: dict[str, str] = Field(default_factory=dict)


class CustomerMergedV1(Canonical):
    """Several customers turned out to be one: ``merged_ids`` live on as ``id``."""

    id: str
    merged_ids: tuple[str, ...]


class CustomerErasedV1(Canonical):
    """A customer was deleted at the source."""

    id: str


EVENT_TYPES = (
    EventType("customer.created", "res.partner", EventKind.STATE, CustomerV1, _lt("Customer created")),
    EventType("customer.updated", "res.partner", EventKind.STATE, CustomerV1, _lt("Customer updated")),
    EventType("customer.merged", "res.partner", EventKind.FACT, CustomerMergedV1, _lt("Customers merged")),
    EventType("customer.erased", "res.partner", EventKind.FACT, CustomerErasedV1, _lt("Customer erased")),
)

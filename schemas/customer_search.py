"""Searching for customers. Version 1."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from .base import Canonical
from .commands.base import Email, ExternalId
from .customer import CustomerV1
from .inventory import Number

MAX_CUSTOMERS = 100
CRITERIA = ("email", "phone", "external_id")


class CustomersQueryV1(Canonical):
    """Whom to look for: by email address, telephone number (E.164) or your own identifier. All that is given counts.

    ``after`` is the ``next`` of the page before.
    """

    email: Email = ""
    phone: Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{1,14})?$")] = ""
    external_id: ExternalId | None = None
    after: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,18}$")] = ""
    limit: Number = Field(20, ge=1, le=MAX_CUSTOMERS)

    @model_validator(mode="after")
    def _has_criterion(self):
        if not any(getattr(self, name) for name in CRITERIA):
            raise ValueError("Name an email, a phone or an external_id.")
        return self


class FoundCustomerV1(Canonical):
    """A customer, and the identifiers by which you know the customer."""

    external_ids: tuple[str, ...]
    customer: CustomerV1


class CustomersV1(Canonical):
    """Who was found. ``next`` is empty on the last page."""

    items: tuple[FoundCustomerV1, ...]
    next: str = ""

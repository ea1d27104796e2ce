"""Commands about marketing campaigns, version 1."""

from typing import Literal

from pydantic import Field, model_validator

from ..base import Canonical
from .base import CommandType, Email, ExternalId, Line, Moment


class CampaignInputV1(Canonical):
    """A campaign: by your own identifier, by its name, or by both. One that Odoo does not know is created."""

    external_id: ExternalId | None = None
    name: Line = Field("", max_length=256)

    @model_validator(mode="after")
    def _is_named(self):
        if not self.external_id and not self.name:
            raise ValueError("Name the campaign.")
        return self


class RespondingCustomerV1(Canonical):
    """Who responded: by your own identifier, by email address, or by both."""

    external_id: ExternalId | None = None
    email: Email = ""

    @model_validator(mode="after")
    def _is_named(self):
        if not self.external_id and not self.email:
            raise ValueError("Name an external_id or an email.")
        return self


class CampaignRespondV1(Canonical):
    """Report what a customer did with a campaign. ``external_id`` is your own identifier of the response.

    ``unsubscribed`` also notes that the customer wants no marketing emails.
    """

    external_id: ExternalId
    campaign: CampaignInputV1
    customer: RespondingCustomerV1
    response: Literal["delivered", "opened", "clicked", "responded", "bounced", "unsubscribed"]
    occurred_at: Moment


class CampaignResponseResultV1(Canonical):
    """The response as it was noted.

    ``customer_id`` is empty if Odoo has no customer with the email address. ``outcome`` is ``unchanged`` if it was
    noted before.
    """

    id: str
    external_id: str
    outcome: Literal["created", "unchanged"]
    campaign_id: str
    customer_id: str = ""


COMMAND_TYPES = (
    CommandType(
        "campaign.respond",
        CampaignRespondV1,
        CampaignResponseResultV1,
        "campaigns:write",
        "Report a campaign response",
        subject=lambda command: f"campaign_response/{command.external_id}",
    ),
)

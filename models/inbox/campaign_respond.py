"""``campaign.respond``: note what a customer did with a marketing campaign."""

from datetime import datetime

from odoo import fields, models
from odoo.tools.mail import email_normalize

from ...core.problem import Problem
from ...schemas.commands.campaign import CampaignResponseResultV1
from ...schemas.commands.customer import ConsentInputV1
from .command import Applied
from .early import Early


class CampaignRespond(models.AbstractModel):
    _name = "retail.command.campaign.respond"
    _description = "Retail Hub: Report a Campaign Response"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        campaign = command.campaign
        names = [f"{sender.connector.id}/campaign_id/{campaign.external_id}"] if campaign.external_id else []
        names += [f"campaign/{campaign.name}"] if campaign.name else []
        if command.customer.external_id:
            names.append(f"{sender.connector.id}/customer/{command.customer.external_id}")
        return (f"{sender.connector.id}/campaign_response/{command.external_id}", *names)

    def _apply(self, command, sender):
        # As the superuser: responses are the hub's own.
        responses = sender.connector.env["retail.campaign.response"]
        key = [("connector_id", "=", sender.connector.id), ("external_id", "=", command.external_id)]
        known = responses.search(key)
        if known:
            return self._applied(known, "unchanged")
        customer = self._customer(command, sender)
        new = responses.create(
            {
                "external_id": command.external_id,
                "connector_id": sender.connector.id,
                "company_id": self.env.company.id,
                "campaign_id": self._campaign(command.campaign, responses, sender).id,
                "campaign_external_id": command.campaign.external_id,
                "partner_id": customer.id,
                "response": command.response,
                "occurred_at": datetime.fromisoformat(command.occurred_at).replace(
                    tzinfo=None, microsecond=0
                ),
                "received_at": fields.Datetime.now(),
            }
        )
        if command.response == "unsubscribed":
            self._unsubscribe(command, customer)
        return self._applied(new, "created")

    def _applied(self, response, outcome):
        result = CampaignResponseResultV1(
            id=str(response.id),
            external_id=response.external_id,
            outcome=outcome,
            campaign_id=str(response.campaign_id.id),
            customer_id=str(response.partner_id.id or ""),
        )
        return Applied(result, response, outcome == "created")

    def _customer(self, command, sender):
        """Return who responded; empty if nobody has the email address.

        :raise Early: there is nobody with the external id yet, and no email address is given
        """
        received, wanted = self.env["retail.received.customer"], command.customer
        if wanted.external_id:
            pointer = "/customer/external_id"
            customer = received._known(sender.connector, wanted.external_id, pointer)
            if customer:
                return customer
            if not wanted.email:
                detail = "There is no customer with this external_id."
                raise Early(f"customer/{wanted.external_id}", detail)
        return received._with_email(sender.connector, wanted.email)

    def _campaign(self, wanted, responses, sender):
        """Return the campaign: that of earlier responses with its identifier, else by name, else a new one.

        :raise Problem: the identifier is new, and there is no name
        """
        if wanted.external_id:
            known = responses.search(
                [
                    ("connector_id", "=", sender.connector.id),
                    ("campaign_external_id", "=", wanted.external_id),
                ],
                limit=1,
            )
            if known:
                return known.campaign_id
        if not wanted.name:
            detail = "There is no campaign with this external_id yet, and a new one needs a name."
            errors = [{"pointer": "/campaign/name", "detail": "Missing."}]
            raise Problem("invalid-request", detail, errors=errors)
        # As the superuser: campaigns are marketing's, whose rights the client's user has not.
        campaigns = self.env["utm.campaign"].sudo().with_context(active_test=False)
        found = campaigns.search([("title", "=", wanted.name)], order="id", limit=1)
        return found or campaigns.create({"title": wanted.name})

    def _unsubscribe(self, command, customer):
        received = self.env["retail.received.customer"]
        email = email_normalize(command.customer.email) or customer.email_normalized
        if customer and email == customer.email_normalized:
            received._set_consent(customer, ConsentInputV1(email_opt_out=True))
        elif email:
            # As the superuser: users without the rights of marketing may record what a customer allows, too.
            self.env["mail.blacklist"].sudo()._add(email)

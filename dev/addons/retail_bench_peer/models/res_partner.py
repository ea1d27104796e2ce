"""The common way to export customers: one job per change, and one call per job.

It sends the same properties to the same endpoints as the hub.
"""

import phonenumbers

from odoo import api, models

from .hubspot import HubSpot

EXPORTED_FIELDS = {
    "name",
    "is_company",
    "parent_id",
    "email",
    "phone",
    "function",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
    "lang",
    "website",
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._bench_export_later()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if not EXPORTED_FIELDS.isdisjoint(vals):
            self._bench_export_later()
        return result

    def _bench_export_later(self, description="Export a customer"):
        for partner in self:
            partner.with_delay(description=description)._bench_export()

    def _bench_export(self):
        """Send one customer, and store its remote id. Runs as a job."""
        self.ensure_one()
        contacts = self.env["bench.contact"].sudo()
        contact = contacts.search([("partner_id", "=", self.id)])
        with HubSpot(self.env) as hubspot:
            remote_id = self._bench_send(hubspot, contact.remote_id)
        if not contact:
            contacts.create({"partner_id": self.id, "remote_id": remote_id})

    def _bench_send(self, hubspot, remote_id):
        properties = self._bench_properties()
        if not remote_id:
            return hubspot.upsert("contacts", "email", [properties])[properties["email"]]
        hubspot.call("PATCH", "objects", f"contacts/{remote_id}", {"properties": properties})
        return remote_id

    def _bench_properties(self):
        given, _space, family = (self.name or "").strip().rpartition(" ")
        return {
            "email": self.email_normalized or "",
            "firstname": "" if self.is_company else given,
            "lastname": self.name if self.is_company else family,
            "phone": self._bench_phone(),
            "company": self.name if self.is_company else self.commercial_company_name or "",
            "jobtitle": self.function or "",
            "address": ", ".join(filter(None, (self.street, self.street2))),
            "city": self.city or "",
            "state": self.state_id.code or "",
            "zip": self.zip or "",
            "country": self.country_id.name or "",
            "hs_language": (self.lang or "").replace("_", "-").lower(),
            "website": self.website or "",
        }

    def _bench_address(self):
        return {
            "kind": "contact",
            "name": "",
            "street": self.street or "",
            "street2": self.street2 or "",
            "city": self.city or "",
            "postal_code": self.zip or "",
            "region": self.state_id.code or "",
            "country": self.country_id.code or None,
        }

    def _bench_phone(self):
        try:
            number = phonenumbers.parse(self.phone, self.country_id.code or None)
        except phonenumbers.NumberParseException:
            return ""
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

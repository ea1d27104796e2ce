"""The common way to export customers: each change makes one job, and each job one call for one record.

It sends the same properties to the same endpoints as the hub does. The URL and the token are the system
parameters ``bench.url`` and ``bench.token``.
"""

import phonenumbers
import requests

from odoo import api, models

from odoo.addons.queue_job.exception import RetryableJobError

CONTACTS = "/crm/objects/2026-09/contacts"
TIMEOUT = (5, 20)
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
        """The job: send one customer, and keep its remote id."""
        self.ensure_one()
        contacts = self.env["bench.contact"].sudo()
        contact = contacts.search([("partner_id", "=", self.id)])
        with requests.Session() as session:
            remote_id = self._bench_send(session, contact.remote_id)
        if not contact:
            contacts.create({"partner_id": self.id, "remote_id": remote_id})

    def _bench_send(self, session, remote_id):
        parameters = self.env["ir.config_parameter"].sudo()
        session.headers["Authorization"] = f"Bearer {parameters.get_param('bench.token')}"
        url = parameters.get_param("bench.url") + CONTACTS
        properties = self._bench_properties()
        try:
            if remote_id:
                answer = session.patch(f"{url}/{remote_id}", json={"properties": properties}, timeout=TIMEOUT)
            else:
                entry = {"id": properties["email"], "idProperty": "email", "properties": properties}
                answer = session.post(f"{url}/batch/upsert", json={"inputs": [entry]}, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise RetryableJobError("HubSpot does not answer") from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetryableJobError(f"HubSpot answered {answer.status_code}")
        answer.raise_for_status()
        return remote_id or answer.json()["results"][0]["id"]

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

    def _bench_phone(self):
        try:
            number = phonenumbers.parse(self.phone, self.country_id.code or None)
        except phonenumbers.NumberParseException:
            return ""
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

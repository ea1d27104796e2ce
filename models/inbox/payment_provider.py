"""The payment provider of payments that remote systems take: one per journal, created when the first one is booked."""

from odoo import api, fields, models
from odoo.tools import SQL

CODE = "retail_hub"


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    code = fields.Selection(
        selection_add=[(CODE, "Remote Systems (Retail Hub)")], ondelete={CODE: "set default"}
    )

    def _compute_feature_support_fields(self):
        """Authorizations can be captured in parts, by the system that took them."""
        result = super()._compute_feature_support_fields()
        self.filtered(lambda provider: provider.code == CODE).support_manual_capture = "partial"
        return result

    @api.model
    def _get_compatible_providers(self, *args, **kwargs):
        """Leave it out of what customers can choose in Odoo."""
        providers = super()._get_compatible_providers(*args, **kwargs)
        return providers.filtered(lambda provider: provider.code != CODE)

    @api.model
    def _retail_of(self, journal):
        """Return the provider whose payments are booked in a journal.

        :param journal: a bank journal, as the superuser
        """
        # As the superuser: payment providers are for administrators.
        lines = self.env["account.payment.method.line"].sudo()
        domain = [("journal_id", "=", journal.id), ("payment_provider_id.code", "=", CODE)]
        found = lines.search(domain, limit=1).payment_provider_id
        return found or self._retail_create(journal)

    def _retail_create(self, journal):
        """Create the provider of a journal.

        Of two first payments at once, the second waits for the method's row, and is repeated by Odoo: then it finds
        what the first one has created. The method itself is created when the module is installed.
        """
        # As the superuser: as above.
        providers = self.sudo().with_company(journal.company_id)
        providers.env.execute_query(
            SQL("UPDATE account_payment_method SET code = code WHERE code = %s RETURNING id", CODE)
        )
        return providers.create(
            {
                "name": self.env._("%s (Remote Systems)", journal.name),
                "code": CODE,
                "company_id": journal.company_id.id,
                "state": "enabled",
                "journal_id": journal.id,
            }
        )

    @api.model
    def _retail_remove(self):
        """Leave no payment method of this code when the module is uninstalled: Odoo would not know its journals.

        Payments that were booked keep their journals and accounts, with Odoo's own method.
        """
        methods = self.env["account.payment.method"].search([("code", "=", CODE)])
        self.search([("code", "=", CODE)]).state = "disabled"
        lines = self.env["account.payment.method.line"].search([("payment_method_id", "in", methods.ids)])
        manual = self.env.ref("account.account_payment_method_manual_in")
        lines.write({"payment_provider_id": False, "payment_method_id": manual.id})
        methods.unlink()

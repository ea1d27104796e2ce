"""Names without personal data: for users who may not read a record, and for screens after its deletion."""

from odoo import models

from ...core.redaction import mask_name


class RetailCapture(models.AbstractModel):
    _inherit = "retail.capture"

    # Whether the display name is neither personal data nor a secret.
    _retail_has_public_name = False

    def _retail_public_name(self):
        """Return the number or the name of the record, in which personal data is masked."""
        self.ensure_one()
        if self._retail_number_field:
            return self[self._retail_number_field] or self._retail_reference()
        name = self.display_name or ""
        return name if self._retail_has_public_name else " ".join(map(mask_name, name.split()))

"""The secrets of the inbox, which are re-encrypted with those of connectors."""

import logging

from odoo import api, models
from odoo.exceptions import UserError

from ...tools import encryption

# (model, field)
ENCRYPTED = (
    ("retail.api.client", "encrypted_signing_secret"),
    ("retail.api.client", "encrypted_former_signing_secret"),
    ("retail.token.key", "encrypted_value"),
)
_logger = logging.getLogger(__name__)


class RetailCredential(models.Model):
    _inherit = "retail.credential"

    @api.model
    def _other_secrets(self):
        """Return ``[(record, field name)]`` of the encrypted secrets that are no credentials of connectors."""
        found = []
        for name, field_name in ENCRYPTED:
            # As the superuser: encrypted values are nobody's to read; none is shown.
            records = self.env[name].sudo().with_context(active_test=False)
            found += [(record, field_name) for record in records.search([(field_name, "!=", False)])]
        return [*super()._other_secrets(), *found]

    @api.model
    def _rotate_all(self):
        count = super()._rotate_all()
        others = self._other_secrets()
        for record, name in others:
            try:
                record[name] = encryption.rotate(record[name])
            except encryption.SecretKeyError as error:
                raise UserError(
                    self.env._(
                        "A secret of %(record)s was encrypted with another key. Append the former key to secret_keys"
                        " (or RETAIL_HUB_SECRET_KEYS) and restart Odoo, or make a new secret.",
                        record=record.display_name,
                    )
                ) from error
        _logger.info("Re-encrypted %d secrets of API clients and tokens with the newest key", len(others))
        return count + len(others)

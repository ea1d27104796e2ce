"""The keys that sign our own access tokens. Nobody reads them, and a new one takes over from time to time."""

import base64
import secrets

from odoo import api, fields, models

from ...core import access_token
from ...tools import encryption

KEY_BYTES = 32
DAYS = 30  # after which a new key takes over


class RetailTokenKey(models.Model):
    _name = "retail.token.key"
    _description = "Key of Access Tokens"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _rec_name = "key_id"

    key_id = fields.Char(required=True, readonly=True)
    encrypted_value = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)

    _key_id_unique = models.UniqueIndex("(key_id)")

    @api.model
    def _present(self):
        """Return (its name, the key as bytes) of the key that signs; make one if the newest is too old."""
        # As the superuser: keys are nobody's to read.
        newest = self.sudo().search([], limit=1)
        if not newest or newest.create_date < fields.Datetime.subtract(fields.Datetime.now(), days=DAYS):
            newest = self._renew()
        return newest.key_id, newest._key()

    @api.model
    def _renew(self):
        """Make a new key, and drop those whose last token has expired; return the new one."""
        # As the superuser: as above.
        keys = self.sudo()
        seconds = access_token.SECONDS + access_token.LEEWAY
        former = keys.search([], limit=1)
        until = fields.Datetime.subtract(fields.Datetime.now(), seconds=seconds)
        # The former one signed until now: it goes with the next renewal.
        (keys.search([("create_date", "<", until)]) - former).unlink()
        value = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        return keys.create(
            {"key_id": secrets.token_urlsafe(12), "encrypted_value": encryption.encrypt(value)}
        )

    @api.model
    def _find(self, key_id):
        """Return the key (bytes) with a name; None if there is none."""
        # As the superuser: as above.
        found = self.sudo().search([("key_id", "=", key_id)], limit=1)
        return found._key() if found else None

    def _key(self):
        return base64.b64decode(encryption.decrypt(self.encrypted_value))

    @api.model
    def _drop_all(self):
        """End all access tokens at once."""
        # As the superuser: as above; the caller has checked who may.
        self.sudo().search([("id", ">", 0)]).unlink()

"""Registers the provider Club."""

from odoo import api, models

from ..club.provider import CLUB


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    @api.model
    def _providers(self):
        return {**super()._providers(), CLUB.code: CLUB}

"""Routing: whatever is called below the API's URL reaches the API, which answers with problem details."""

from werkzeug.routing import BaseConverter

from odoo import models


class AnyPath(BaseConverter):
    """Like ``path``, but also matches line breaks and nothing."""

    part_isolating = False
    regex = r"(?s:.*)"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_converters(cls):
        return {**super()._get_converters(), "retail_path": AnyPath}

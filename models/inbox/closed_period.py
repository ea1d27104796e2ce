"""Periods that are closed in Odoo: no goods are moved in them, and no orders of them are captured."""

from odoo import models

from .moments import as_datetime
from .unknown_codes import ToComplete

SKIPPED = "stock_account.skip_lock_date_check"


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _is_date_in_lock_period(self):
        """Of a captured order, only the day counts on which goods are moved.

        Odoo lets nobody ship, change or cancel what was planned in a period that was closed meanwhile: a person would
        give it another date before.
        """
        # As the superuser: the order is not for everybody to read who moves goods.
        if not self.sudo().sale_id.retail_connector_id:
            return super()._is_date_in_lock_period()
        return bool(self.date_done and closed_until(self.company_id, self.date_done))


def check_open(company, text, pointer):
    """Check that a moment is in no closed period.

    :param company: in the environment of the client's user, who may be excepted from lock dates
    :param text: the moment, None if it is not given
    :param pointer: its JSON pointer in the request
    :raise ToComplete: the period is closed
    """
    until = text and closed_until(company, as_datetime(text))
    if until:
        detail = f"The period until {until.isoformat()} is closed in Odoo."
        raise ToComplete("invalid-request", detail, errors=[{"pointer": pointer, "detail": detail}])


def closed_until(company, moment):
    """Return the last day of the closed period that a moment is in; None if it is in none."""
    # As the superuser: lock dates and parameters are not for the client's user to read.
    company = company.sudo()
    if company.env["ir.config_parameter"].get_param(SKIPPED):
        return None
    locks = company._get_lock_date_violations(
        moment.date(), fiscalyear=True, sale=False, purchase=False, tax=False, hard=True
    )
    return max((last for last, _field in locks), default=None)

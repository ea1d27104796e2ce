"""Alerts: activities by which people learn that something needs them, one for each cause.

A cause names what has happened to a record, such as an outage of a connector. Its alert closes when it has ended, and
leaves the alerts of other causes alone.
"""

from odoo import fields, models

ACTIVITY_TYPE = "mail.mail_activity_data_warning"
ATTENTION = "attention"


class MailActivity(models.Model):
    _inherit = "mail.activity"

    retail_cause = fields.Char(readonly=True, copy=False, help="The cause of an alert of Retail Hub.")


class RetailAlerting(models.AbstractModel):
    _name = "retail.alerting"
    _inherit = ["mail.activity.mixin"]
    _description = "Retail Hub: Alerts"

    def _raise_alert(self, cause, summary, note, user):
        """Have a user see to a cause; an alert of it that is open is brought up to date instead.

        :param cause: text that tells the causes of one record apart
        """
        alert = self._alert(cause)
        if not alert:
            texts = {"summary": summary, "note": note}
            self.activity_schedule(ACTIVITY_TYPE, retail_cause=cause, user_id=user.id, **texts)
            return
        alert.write({"summary": summary, "note": note})
        if not alert.user_id.active:
            alert.user_id = user

    def _clear_alert(self, cause, feedback=None):
        """Close the alert of a cause, if there is one; the feedback stays in the record's history."""
        alert = self._alert(cause)
        if alert and feedback:
            alert.action_feedback(feedback=feedback)
        else:
            alert.unlink()

    def _alert(self, cause):
        """Return the open activity of a cause, or none."""
        self.ensure_one()
        is_alert = [("retail_cause", "=", cause)]
        return self.sudo().activity_search([ACTIVITY_TYPE], additional_domain=is_alert)[:1]

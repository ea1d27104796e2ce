"""Alerts: activities that ask a user to act, one per record and cause.

A cause is a key for what happened to a record, such as an outage of a connector. When it has ended, its alert is
closed, and the alerts of other causes stay open.
"""

from markupsafe import Markup

from odoo import api, fields, models

WARNING = "mail.mail_activity_data_warning"
TO_DO = "mail.mail_activity_data_todo"
ATTENTION = "attention"


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # Whoever could write it could have an alert taken for one that is open already.
    retail_cause = fields.Char(
        readonly=True, copy=False, groups=fields.NO_ACCESS, help="The cause of an alert of Retail Hub."
    )

    @api.model
    def default_get(self, fields):
        return super().default_get([name for name in fields if name != "retail_cause"])


class RetailAlerting(models.AbstractModel):
    _name = "retail.alerting"
    _inherit = ["mail.activity.mixin"]
    _description = "Retail Hub: Alerts"

    def _raise_alert(self, cause, summary, note, user, activity_type=WARNING):
        """Create an alert for a user, or update the open alert of the same cause.

        :param cause: the key of the cause, unique for this record
        :param summary: the activity's title
        :param note: the activity's text. Only :class:`Markup` is HTML: a text may have come from a remote
        :param user: assigned to the alert; an open alert keeps its user, while that user can take care of it
        :param activity_type: ``WARNING``, or ``TO_DO`` for what is no trouble
        """
        alert = self._alert(cause)
        if not isinstance(note, Markup):
            note = Markup("<p>%s</p>") % Markup("<br/>").join(note.splitlines())
        if not alert:
            texts = {"summary": summary, "note": note}
            # As the superuser: the cause is nobody's to write.
            self.sudo().activity_schedule(activity_type, retail_cause=cause, user_id=user.id, **texts)
            return
        alert.write({"summary": summary, "note": note})
        if self.company_id._retail_why_not(alert.user_id):
            alert.user_id = user

    def _clear_alert(self, cause, feedback=None):
        """Close the open alert of a cause, if there is one.

        :param feedback: logged in the record's chatter
        """
        alert = self._alert(cause)
        if alert and feedback:
            alert.action_feedback(feedback=feedback)
        else:
            alert.unlink()

    def _alert(self, cause):
        """Return the open activity of a cause, or an empty recordset."""
        self.ensure_one()
        is_alert = [("retail_cause", "=", cause)]
        # As the superuser: the alert is of the connector, whoever's activity it is.
        return self.sudo().activity_search([WARNING, TO_DO], additional_domain=is_alert)[:1]

"""Causes of failures in words: a title for each class of errors, and for the codes that say more."""

from odoo import api, fields, models

from ...core.const import ErrorClass
from .names import parse_reference


def error_class_selection(model):
    """Return the classes of errors as the values of a Selection field: ``[(name, label), …]``."""
    labels = {
        ErrorClass.TRANSIENT: model.env._("Temporary"),
        ErrorClass.QUOTA: model.env._("Call limit"),
        ErrorClass.ACCEPTED: model.env._("Accepted, not finished"),
        ErrorClass.DEPENDENCY: model.env._("Waits for another record"),
        ErrorClass.AUTH: model.env._("Credentials"),
        ErrorClass.CONFLICT: model.env._("Conflict"),
        ErrorClass.MAPPING: model.env._("Mapping"),
        ErrorClass.VALIDATION: model.env._("Content refused"),
        ErrorClass.BUSINESS: model.env._("Remote record"),
    }
    return [(each.value, label) for each, label in labels.items()]


class RetailCaused(models.AbstractModel):
    """A record with ``connector_id`` and an error's class, code and field, which has a title for it."""

    _name = "retail.caused"
    _description = "Retail Hub: Cause of a Failure"

    error_class = fields.Selection(error_class_selection, readonly=True)
    error_code = fields.Char(readonly=True)
    error_field = fields.Char(
        readonly=True, help="The field at fault, or the record that must be sent first."
    )
    fault = fields.Char("Field at Fault", compute="_compute_fault")
    cause = fields.Char(compute="_compute_cause", help="What went wrong.")

    @api.depends("error_field")
    def _compute_fault(self):
        for each in self:
            each.fault = not parse_reference(each.error_field) and each.error_field

    @api.depends("connector_id.name", "error_class", "error_code", "error_field")
    @api.depends_context("lang")
    def _compute_cause(self):
        for each in self:
            each.cause = each._cause() if each.error_class else False

    def _cause(self):
        """Return the title: ``HubSpot: a value was refused (zip)``."""
        return self.env._("%(system)s: %(what)s", system=self._system().name, what=self._cause_clause())

    def _system(self):
        """Return the connector, for its name and state. Users of a branch do not see the one that serves the branch."""
        # As the superuser: whoever may see what is sent may know where, and why it waits.
        return self.connector_id.sudo()

    def _cause_clause(self):
        """Return what went wrong as a clause: ``a value was refused (zip)``."""
        what = self._causes_by_code().get(self.error_code) or self._causes_by_class()[self.error_class]
        if self.fault:
            return self.env._("%(what)s (%(field)s)", what=what, field=self.fault)
        return what

    @api.model
    def _causes_by_class(self):
        return {
            ErrorClass.TRANSIENT: self.env._("the call failed"),
            ErrorClass.QUOTA: self.env._("a call limit was reached"),
            ErrorClass.ACCEPTED: self.env._("it was accepted, but is not finished yet"),
            ErrorClass.DEPENDENCY: self.env._("another record must be sent first"),
            ErrorClass.AUTH: self.env._("the credentials were refused"),
            ErrorClass.CONFLICT: self.env._("the value belongs to another record"),
            ErrorClass.MAPPING: self.env._("the record cannot be sent as it is"),
            ErrorClass.VALIDATION: self.env._("a value was refused"),
            ErrorClass.BUSINESS: self.env._("the remote record was merged, deleted or closed"),
        }

    @api.model
    def _causes_by_code(self):
        """Return the titles of codes that say more than the class. Other codes are those of one provider."""
        return {
            "ADAPTER_FAILED": self.env._("the connector failed because of a defect"),
            "CANONICAL_FORM": self.env._("a field of the record has an invalid value"),
            "CONNECTION_LOST": self.env._("the connection broke before the response"),
            "CREATION_IN_DOUBT": self.env._("a deleted record may still exist in the remote system"),
            "EVENT_NOT_SUPPORTED": self.env._("the event is not supported"),
            "FIELD_MAP": self.env._("a field of the mapping cannot be set"),
            "FLOW_FAULT": self.env._("the flow has a problem"),
            "KEY_MISSING": self.env._("the record has no value for the match key"),
            "KEY_NOT_UNIQUE": self.env._("the match key is not a property with unique values"),
            "LINKED_RECORD_GONE": self.env._("a linked remote record was deleted"),
            "NOT_SENT": self.env._("a required record was not sent"),
            "OBJECT_NOT_FOUND": self.env._("the remote record was deleted or merged"),
            "PAYLOAD_FAILED": self.env._("the record could not be read"),
            "READ_TIMEOUT": self.env._("the system did not respond in time"),
            "RECORD_GONE": self.env._("the record was deleted before it was sent"),
            "SHARED_KEY": self.env._("two records have the same match key"),
            "SHARED_RECORD": self.env._("two records share one remote record"),
            "TLS": self.env._("there is no secure connection"),
            "UNIQUE_VALUE_TAKEN": self.env._("another remote record has the same unique value"),
            "UNREACHABLE": self.env._("the system cannot be reached"),
            "WAITS_FOR": self.env._("another record must be sent first"),
        }

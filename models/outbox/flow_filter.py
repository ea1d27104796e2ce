"""The filter of a flow: which records it sends. A flow that cannot be evaluated is faulty, and its events wait."""

from ast import literal_eval
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools.cache import cached
from ...tools.readable import check_filter, limit_filter

SIMPLE_OPERATORS = {"=", "!=", "in", "not in"}  # in Python they mean the same as in PostgreSQL


class Filter(NamedTuple):
    """A flow's filter, as the drain needs it. ``is_faulty``: the flow could not be evaluated before."""

    res_model: str = ""  # empty if there is no such flow
    domain: Domain = Domain.TRUE
    is_faulty: bool = False
    author_id: int | None = None
    company_id: int | None = None


class RetailFlow(models.Model):
    _inherit = "retail.flow"

    fault = fields.Char(
        "Problem",
        readonly=True,
        copy=False,
        help="Why the flow cannot be evaluated. Its events wait until this is corrected.",
    )
    domain = fields.Char(
        "Only Records",
        default="[]",
        help="Only records that match this filter are sent. The filter is applied when the event is sent.",
    )
    filter_author_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Who entered the filter. It only looks at related records that this user may read.",
    )

    @api.constrains("domain", "event_type")
    def _check_domain(self):
        """Reject a filter that is not valid, or that names a field that the user may not read."""
        for flow in self:
            model = self.env[flow.res_model].with_user(self.env.user)  # constraints run as the superuser
            try:
                domain = Domain(flow._parse_domain())
                # First what it may name: to build the query calls the search methods of its fields.
                if flow.domain != model._retail_default_domain():
                    check_filter(model, domain)
                domain.validate(model)
                model.sudo()._search(domain)  # builds the query only: a field may have no column
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
                raise ValidationError(
                    self.env._(
                        "The filter “Only Records” of %(flow)s is not valid: %(error)s",
                        flow=flow.display_name,
                        error=error,
                    )
                ) from error

    def _parse_domain(self):
        """Return the filter as a list.

        :raise ValueError: in words, if it is none
        """
        self.ensure_one()
        try:
            return literal_eval(self.domain or "[]")
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            message = self.env._("it must be a list of conditions, such as [('name', '!=', False)].")
            raise ValueError(message) from error

    def _matching(self, records):
        """Return the records that pass the flow's filter. The filter only applies to the event type's main model."""
        chosen = self._cached_filter()
        if records._name != chosen.res_model or chosen.domain.is_true():
            matching = records
        else:
            author = self.env["res.users"].browse(chosen.author_id)
            company = self.env["res.company"].browse(chosen.company_id)
            domain = limit_filter(records.browse(), chosen.domain, author, company)
            matching = _filtered(records, domain)
        if chosen.is_faulty:
            self._clear_fault()
        return matching

    @cached("self.id")
    def _cached_filter(self):
        """Return the :class:`Filter`."""
        flow = self.exists()
        if not flow:
            return Filter()
        author = flow.filter_author_id or flow.create_uid or self.env.ref("base.public_user")
        return Filter(
            flow.res_model,
            Domain(flow._parse_domain()),
            bool(flow.fault),
            author.id,
            flow.company_id.id,
        )

    # -- faults ------------------------------------------------------------------------------------

    def _report_fault(self, reason):
        """Store why the flow cannot be evaluated, and alert its owner: its events wait."""
        self.ensure_one()
        if self.fault == reason:
            return
        self.fault = reason
        summary = self.env._("The flow “%(flow)s” does not work", flow=self.display_name)
        note = self.env._("%(reason)s Its events wait until this is corrected.", reason=reason)
        connector = self.connector_id
        connector._raise_alert(
            self._fault_cause(), summary, note, self.owner_id or connector._get_responsible()
        )

    def _clear_fault(self):
        """Have what waits for the flow be sent."""
        for flow in self.sudo().filtered("fault"):
            flow.fault = False
            flow.connector_id._clear_alert(flow._fault_cause())
            flow.env["retail.delivery"]._end_waits(flow.connector_id, [f"retail.flow,{flow.id}"])

    def _fault_cause(self):
        return f"flow {self.id}"

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        flows = super().create(vals_list)
        flows._set_filter_author()
        return flows

    def write(self, vals):
        result = super().write(vals)
        if "domain" in vals:
            self._set_filter_author()
            self._clear_fault()
        return result

    def _set_filter_author(self):
        self.sudo().write({"filter_author_id": self.env.uid})  # read-only for users


def _filtered(records, domain):
    """Return the records that pass a filter, without a query if it is about fields that were read already."""
    names = {condition.field_expr for condition in domain.iter_conditions()}
    is_simple = all(condition.operator in SIMPLE_OPERATORS for condition in domain.iter_conditions())
    if is_simple and all(_has_column(records, name) for name in names):
        records.fetch(names)
        return records.filtered_domain(domain)
    return records.search(Domain("id", "in", records.ids) & domain, order="id")


def _has_column(records, name):
    field = records._fields.get(name)
    return field is not None and bool(field.column_type) and field.store and not field.relational

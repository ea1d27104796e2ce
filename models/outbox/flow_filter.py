"""The filter of a flow: which records it sends. A flow that cannot be evaluated is faulty, and its events wait."""

import logging
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...core.tracebacks import without_values
from ...tools.cache import cached
from ...tools.filters import FilterError, parse_filter, plan_filter, problem_text, validate_filter
from ...tools.limited import limit_filter, reader_of
from ...tools.readable import check_filter
from .flow import FILTER_FIELDS

_logger = logging.getLogger(__name__)

SIMPLE_OPERATORS = {"=", "!=", "in", "not in"}  # in Python they mean the same as in PostgreSQL


class Filter(NamedTuple):
    """A flow's filter, as the drain needs it. ``is_faulty``: the flow could not be evaluated before."""

    domain: Domain = Domain.TRUE
    is_faulty: bool = False
    author_id: int | None = None
    company_id: int | None = None
    branch_ids: frozenset[int] = frozenset()


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
        help="Only records that match this filter are sent. The filter is applied when the event is sent, to states and"
        " to facts. The deletion of a record that was sent before is always sent.",
    )
    more_domain = fields.Char(
        "Only Other Records",
        default="[]",
        help="The same filter for the other records that have this event, such as orders of a till.",
    )
    filter_author_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Who entered the filter. It only looks at related records that this user may read.",
    )

    @api.constrains(*FILTER_FIELDS, "event_type")
    def _check_domain(self):
        """Reject a filter that is not valid, or that names a field that the user may not read."""
        for flow in self:
            for res_model, text in flow._filter_texts().items():
                flow._check_filter(res_model, text)

    def _check_filter(self, res_model, text):
        # Constraints run as the superuser. What is said must not depend on what the user may not read.
        reader = reader_of(self.env[res_model], self.env.user, self.company_id)
        try:
            domain = parse_filter(self.env, text)
            if text == reader._retail_default_domain():
                return
            check_filter(reader, domain)
            validate_filter(reader, domain)
            plan_filter(reader, domain)
        except FilterError as error:
            raise ValidationError(
                self.env._(
                    "The filter “Only Records” of %(flow)s is not valid. %(error)s",
                    flow=self.display_name,
                    error=error,
                )
            ) from error

    def _filter_texts(self):
        """Return ``{model: filter as text}``."""
        self.ensure_one()
        texts = {self.res_model: self.domain, self.more_res_model: self.more_domain}
        return {res_model: text or "[]" for res_model, text in texts.items() if res_model}

    def _domain_of(self, res_model):
        """Return the filter for records of a model, as a :class:`Domain`.

        :raise FilterError: it is not valid
        """
        return parse_filter(self.env, self._filter_texts().get(res_model))

    def _matching(self, records):
        """Return the records that pass the flow's filter for their model."""
        chosen = self._cached_filter(records._name)
        if chosen.domain.is_true():
            return records
        if _is_simple(records, chosen.domain):
            return records.filtered_domain(chosen.domain)
        domain = limit_filter(self._reader(records, chosen), chosen.domain)
        return records.search(Domain("id", "in", records.ids) & domain, order="id")

    def _reader(self, model, chosen):
        """Return the model as the author of a :class:`Filter` reads it."""
        author = self.env["res.users"].browse(chosen.author_id)
        company = self.env["res.company"].browse(chosen.company_id)
        return reader_of(model, author, company, chosen.branch_ids)

    def _matching_or_all(self, records):
        """Like :meth:`_matching`, in a user's transaction, which a flow that cannot be evaluated must not stop."""
        try:
            with self.env.cr.savepoint(flush=False):
                return self._matching(records)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Cannot evaluate the filter of flow %s\n%s", self.id, without_values(error))
            return records

    def _why_not_evaluated(self, res_model, error):
        """Return in words why an exception kept the filter for a model from being evaluated. Makes no query."""
        text = problem_text(self.env, error)
        if text is None and isinstance(error, (ValueError, TypeError, KeyError)):
            text = self._invalid_condition(res_model)
        if text is None:
            _logger.error("Cannot evaluate the filter of flow %s\n%s", self.id, without_values(error))
            text = self.env._("See the server log for details.")
        return text

    def _invalid_condition(self, res_model):
        """Return what is wrong with a condition of the filter for a model; None if they all make sense."""
        try:
            chosen = self._cached_filter(res_model)
            validate_filter(self._reader(self.env[res_model], chosen), chosen.domain)
        except (FilterError, UserError) as error:
            return str(error)
        return None

    @cached("self.id", "res_model")
    def _cached_filter(self, res_model):
        """Return the :class:`Filter` for records of a model."""
        flow = self.exists()
        if not flow:
            return Filter()
        author = flow.filter_author_id or flow.create_uid or self.env.ref("base.public_user")
        return Filter(
            flow._domain_of(res_model),
            bool(flow.fault),
            author.id,
            flow.company_id.id,
            flow.connector_id._branch_ids(),
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
            self._fault_cause(), summary, note, connector._get_responsible(preferred=(self.owner_id,))
        )

    def _clear_fault(self):
        """Have what waits for the flow be sent."""
        # As the superuser: faults are read-only for users.
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
        if not vals.keys().isdisjoint(FILTER_FIELDS):
            self._set_filter_author()
            self._clear_fault()
        return result

    def _set_filter_author(self):
        self.sudo().write({"filter_author_id": self.env.uid})  # read-only for users


def _is_simple(records, domain):
    """Return whether a filter is about fields that were read already, so that it needs no query."""
    names = {condition.field_expr for condition in domain.iter_conditions()}
    if not all(condition.operator in SIMPLE_OPERATORS for condition in domain.iter_conditions()):
        return False
    if not all(name in records._retail_quick_filters or _has_column(records, name) for name in names):
        return False
    records.fetch(names)
    records.invalidate_recordset(records._retail_quick_filters & names, flush=False)  # they are as of now
    return True


def _has_column(records, name):
    field = records._fields.get(name)
    return field is not None and bool(field.column_type) and field.store and not field.relational

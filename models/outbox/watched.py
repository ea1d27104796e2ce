"""The fields that mapping lines send and filters look at: a change of them is a change of the record, too."""

from collections import defaultdict
from contextlib import suppress

from odoo import api, models

from ...tools.cache import cached
from ...tools.filters import FilterError
from ..source.capture import updated_events


class RetailFlow(models.Model):
    _inherit = "retail.flow"

    @api.model
    @cached()
    def _watched_fields(self):
        """Return ``{model: frozenset of field names}`` for the records of active flows, and for their lines.

        Fields of other related records are not among them. Default filters are left out: what they look at changes with
        each order, and a record that an order needs is sent anyway.
        """
        watched = defaultdict(set)
        for event_type, routes in self._routes().items():
            watchable = self._watchable(event_type)
            for root in (name for name, is_root in watchable.items() if is_root):
                for path in self._used_paths(routes, event_type, root):
                    _watch(self.env[root], path, watchable, watched)
        return {model: frozenset(names) for model, names in watched.items()}

    def _watchable(self, event_type):
        """Return ``{model: whether its records are the subjects}`` of the models whose changes are this state event."""
        captured = (model for model in self.env.values() if hasattr(model, "_retail_updated_event"))
        return {
            model._name: not getattr(model, "_retail_subject_field", None)
            for model in captured
            if event_type in updated_events(model) and not model._abstract
        }

    def _used_paths(self, routes, event_type, res_model):
        """Yield the paths, from a record of the model, that the flows of these routes use."""
        default = self.env[res_model]._retail_default_domain()
        for flow in self.browse(route.flow_id for route in routes):
            for used_by, path in flow.connector_id._cached_path_authors():
                if used_by == event_type:
                    yield path
            if flow._filter_texts().get(res_model, default) != default:
                with suppress(
                    FilterError
                ):  # the flow says so when it is evaluated; users must be able to work
                    yield from (each.field_expr for each in flow._domain_of(res_model).iter_conditions())


class RetailCapture(models.AbstractModel):
    _inherit = "retail.capture"

    @api.model
    def _retail_triggers(self):
        return super()._retail_triggers() | self.env["retail.flow"]._watched_fields().get(
            self._name, frozenset()
        )


def _watch(model, path, watchable, watched, seen=frozenset()):
    """Add the fields on a path, and those from which computed ones are computed, to ``watched``."""
    for name in path.split("."):
        field = model._fields.get(name)
        if field is None or (model._name, name) in seen:
            return
        if model._name in watchable:
            watched[model._name].add(name)
        if not field.store:
            for source in model.pool.field_depends.get(field, ()):
                _watch(model, source, watchable, watched, seen | {(model._name, name)})
        if not field.relational:
            return
        model = model.env[field.comodel_name]

"""Preview: what a record would look like at the remote system, property by property."""

from dataclasses import replace

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import field_map
from ..core.const import EventKind
from ..core.errors import RemoteError
from ..models.outbox.claim import Claim
from ..models.outbox.dispatch import DeliveryBatch
from ..models.outbox.names import action_dialog, event_type_selection, with_names
from ..schemas import EVENT_TYPES
from .hidden_values import hidden_paths, readable_text, without_value


class RetailMappingPreview(models.TransientModel):
    _name = "retail.mapping.preview"
    _description = "Mapping Preview"
    _inherit = ["retail.checked"]

    connector_id = fields.Many2one(
        "retail.connector", required=True, readonly=True, ondelete="cascade", index=True
    )
    object_name = fields.Selection("_selection_object", "Object", required=True)
    object_choices = fields.Json(related="connector_id.object_name_choices", related_sudo=False)
    record_ref = fields.Reference("_selection_model", "Record")
    model_choices = fields.Json(compute="_compute_model_choices")
    is_linked = fields.Boolean(compute="_compute_preview")
    problem = fields.Text(compute="_compute_preview")
    table = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _selection_object(self):
        return self.env["retail.field.map"]._selection_object()

    @api.model
    def _selection_model(self):
        names = {name for event_type in EVENT_TYPES.values() for name in event_type.models}
        # As the superuser: only names of models, which users may not read otherwise.
        found = self.env["ir.model"].sudo().search([("model", "in", list(names))])
        return [(model.model, model.name) for model in found]

    def _compute_display_name(self):
        self.display_name = self.env._("Preview")

    @api.depends("connector_id", "object_name")
    def _compute_model_choices(self):
        """Name the models whose records become the object."""
        for preview in self:
            preview.model_choices = sorted(
                {name for event_type in preview._event_types() for name in event_type.models}
            )

    @api.depends("object_name", "record_ref")
    def _compute_preview(self):
        for preview in self:
            preview.is_linked = False
            preview.problem = False
            preview.table = False
            if preview.record_ref:
                preview._show(preview.record_ref)

    @api.model
    def _open(self, connector):
        """Return the action that shows a new preview, of the newest record that the connector sends."""
        found = next(iter(connector._get_provider().objects), None)
        if found is None:
            raise UserError(self.env._("This provider has no mapping."))
        connector.check_access("read")
        values = {"connector_id": connector.id, "object_name": connector._object_value(found.name)}
        # As the superuser: the connector is read-only for users.
        preview = self.sudo().create(values).with_env(self.env)
        preview.record_ref = preview._newest()
        return action_dialog(preview, self.env._("Mapping Preview"))

    @api.onchange("object_name")
    def _onchange_object_name(self):
        """Show a record of the selected object: the previous one may be of another model."""
        if self.record_ref and self._event_type(self.record_ref):
            return
        self.record_ref = self._newest()

    def _newest(self):
        """Return a reference to the newest record that the connector sends as the object, or False."""
        connector, remote_object = self.connector_id, self._remote_object()
        for name in remote_object.event_types if remote_object else ():
            model = self.env[EVENT_TYPES[name].model]
            flow = connector.flow_ids.filtered(lambda flow, name=name: flow.event_type == name)[:1]
            domain = model._retail_subject_domain() & connector._company_domain(model)
            domain &= flow._domain_of(model._name) if flow else Domain.TRUE
            for record in model.search(domain, order="id desc", limit=20):
                if EVENT_TYPES[name].kind != EventKind.STATE or record._retail_with_state(name):
                    return f"{record._name},{record.id}"
        return False

    def _remote_object(self):
        return self.connector_id._object_of(self.object_name)

    def _event_types(self):
        """Return the event types that create or change the object."""
        remote_object = self._remote_object()
        return [EVENT_TYPES[name] for name in (remote_object.event_types if remote_object else ())]

    # -- what is shown -----------------------------------------------------------------------------

    def _show(self, record):
        record.check_access("read")
        self.connector_id.check_access("read")  # a client may have chosen it
        event_type = self._event_type(record)
        if event_type is None:
            self.problem = self.env._("Records of this kind do not become this object.")
            return
        # Built as the drain does it, then rolled back: this may queue a record that has to be sent first.
        # The cache is kept: it holds what the user typed.
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            delivery, rows = self._built(record, event_type)
        except (RemoteError, UserError) as error:  # no access token, for example
            self.problem = str(error)
            return
        finally:
            savepoint.close(rollback=True)
        self.is_linked = bool(delivery.item and delivery.item.remote_id)
        self.problem = "\n".join(self._problems(delivery, rows))
        if rows:
            self.table = self.env["ir.qweb"]._render("retail_hub.mapping_preview_table", {"rows": rows})

    def _built(self, record, event_type):
        """Return (the record's :class:`~..models.outbox.outgoing.OutgoingDelivery`, the rows that show it)."""
        # As the superuser: as the drain does. The user's access was checked.
        connector = self.connector_id.with_env(self.env(context={}, user=SUPERUSER_ID))
        connector = connector._for_its_companies()
        with connector._connection() as adapter:
            batch = DeliveryBatch(connector, adapter, [self._claim(record, event_type)])
            batch.preview()
            [delivery] = batch.deliveries
            rows = []
            if delivery.item:
                sent = record.with_env(connector.env).with_context(lang=adapter.settings.lang or None)
                [sent] = connector._by_company(sent)
                hidden = hidden_paths(self.env.user, sent, delivery.item.record_values)
                rows = self._rows(adapter, delivery.item, hidden)
        if delivery.prepared:
            self._show_sent(delivery.prepared, rows)
            rows += self._more_rows(delivery.prepared, rows)
        return delivery, rows

    def _claim(self, record, event_type):
        """Return a delivery of the event, as if a drain claimed it now."""
        flow = self.connector_id.flow_ids.filtered(lambda flow: flow.event_type == event_type.name)[:1]
        return Claim(
            id=0,
            lease_until=None,
            uuid="",
            event_type=event_type.name,
            kind=event_type.kind.value,
            flow_id=flow.id,
            res_model=record._name,
            res_id=record.id,
        )

    def _problems(self, delivery, rows):
        problems = [self._in_words(text, rows) for text in delivery.warnings if text]
        if delivery.error:
            reason = self._in_words(delivery.error.message, rows, delivery.error.field)
            problems.append(
                self.env._("Not sent yet. %(reason)s", reason=reason)
                if delivery.waits_for
                else self.env._("This record cannot be sent. %(reason)s", reason=reason)
            )
        return problems + (self._other_object(delivery.prepared) if delivery.prepared else [])

    def _in_words(self, text, rows, name=None):
        """Return a message with the names of records, without what the user may not read."""
        return with_names(self.env, readable_text(self.env, text, rows, name))

    def _other_object(self, prepared):
        """Return a message if the record becomes another object than the selected one."""
        remote_object = self._remote_object()
        if remote_object.part or not prepared.object or prepared.object == remote_object.name:
            return []
        label = self.connector_id._get_provider().object(prepared.object).label
        return [
            self.env._(
                "With the settings of this connector, this record becomes another object: %(name)s.",
                name=label,
            )
        ]

    def _event_type(self, record):
        """Return an event type about the record; a state if there is one."""
        fitting = [each for each in self._event_types() if record._name in each.models]
        return min(fitting, key=lambda each: each.kind != EventKind.STATE, default=None)

    def _rows(self, adapter, item, hidden):
        """Return one dict per field map: property, value, source and remark.

        If the event has several records of the object, such as order lines, the first one is shown.

        :param hidden: the paths of Odoo fields that the user may not read
        """
        known = self.env["retail.remote.schema"]._known(self.connector_id, self._remote_object().name) or {}
        remote_object = self._remote_object()
        if remote_object.part:
            item = replace(item, data=next(iter(item.data.get(remote_object.part) or ()), {}), remote_id=None)
        sent = set(adapter.mapper.field_maps_for(remote_object, item.event_type))
        rows = []
        for line in adapter.mapper.field_maps(remote_object.name):
            row = self._row(adapter, item, line, known, line in sent)
            paths = hidden.intersection(field_map.record_paths(line))
            rows.append(without_value(self.env, row, [item.record_values[path] for path in paths]))
        return rows

    def _show_sent(self, prepared, rows):
        """Show values as the adapter sends them, such as a date with a time of day."""
        if self._remote_object().part or prepared.object != self._remote_object().name:
            return
        for row in rows:
            sent = prepared.comparable.get(row["name"])
            if row["is_sent"] and isinstance(sent, str) and not row["is_hidden"]:
                row["value"] = sent

    def _row(self, adapter, item, line, known, is_in_event):
        value, note, remote = "", "", known.get(line.property)
        is_known = is_in_event and all(path in item.record_values for path in field_map.record_paths(line))
        is_sent = is_known and not (line.only_on_create and item.remote_id)
        try:
            value = field_map.text(adapter.mapper.mapped_value(line, item))
        except (RemoteError, field_map.FieldMapError) as error:
            note = self._why(error)
        problem = field_map.value_problem(value, remote) if remote and not note else ""
        if known and not remote:
            note = note or self.env._("The remote system has no such property.")
        if not is_sent:
            reason = self.env._("Not sent, because the record is already linked.")
            if not is_in_event:
                label = dict(event_type_selection(self))[item.event_type]
                reason = self.env._("Not sent, because “%(event)s” does not contain this field.", event=label)
            elif not is_known:
                reason = self.env._(
                    "Not sent, because this record does not have the field, or whoever chose it may not read its value."
                )
            note = note or reason
        return {
            "name": line.property,
            "label": remote.label if remote else "",
            "value": value,
            "source": self.env["retail.field.map"]._describe(line),
            "warning": note or (self.env["retail.field.map"]._sentence(problem) if problem else ""),
            "is_sent": is_sent,
            "is_hidden": False,
        }

    def _why(self, error):
        """Return why a line has no value, in the user's language if the line itself is wrong."""
        fault = error if isinstance(error, field_map.FieldMapError) else error.__cause__
        if isinstance(fault, field_map.FieldMapError):
            return self.env["retail.field.map"]._sentence(fault.reason)
        return str(error)

    def _more_rows(self, prepared, rows):
        """Return rows for what the adapter sends besides the field maps, such as a key and links."""
        names = {row["name"] for row in rows}
        if self._remote_object().part or prepared.object != self._remote_object().name:
            return []
        return [
            {
                "name": name,
                "label": "",
                "value": self._more_value(value),
                "source": self.env._("Match key") if isinstance(value, str) else "",
                "warning": "",
                "is_sent": True,
                "is_hidden": False,
            }
            for name, value in prepared.comparable.items()
            if name not in names
        ]

    def _more_value(self, value):
        """Return a summary of what is not a property: a number of records, or ids by object."""
        if isinstance(value, dict):
            return "; ".join(f"{name} {', '.join(map(str, ids))}" for name, ids in value.items())
        if isinstance(value, (list, tuple)):
            return str(len(value))
        return field_map.text(value)


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_preview_mapping(self):
        """Show what a record would look like at the remote."""
        self.ensure_one()
        return self.env["retail.mapping.preview"]._open(self)

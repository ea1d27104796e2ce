"""Preview: what a record would look like at the remote system, property by property."""

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .. import field_map
from ..connectors.base import Item, Keys, RemoteError
from ..const import Kind
from ..schemas import EVENT_TYPES
from ..schemas.base import error_text


class RetailMappingPreview(models.TransientModel):
    _name = "retail.mapping.preview"
    _description = "Preview of a Mapping"

    connector_id = fields.Many2one(
        "retail.connector", required=True, readonly=True, ondelete="cascade", index=True
    )
    object_name = fields.Selection("_selection_object", "Object", required=True)
    record_ref = fields.Reference("_selection_model", "Record")
    is_linked = fields.Boolean(compute="_compute_preview")
    problem = fields.Text(compute="_compute_preview")
    table = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _selection_object(self):
        return self.env["retail.field.map"]._selection_object()

    @api.model
    def _selection_model(self):
        names = {
            name
            for event_type in EVENT_TYPES.values()
            for name in (event_type.model, *event_type.more_models)
        }
        found = self.env["ir.model"].sudo().search([("model", "in", list(names))])
        return [(model.model, model.name) for model in found]

    def _compute_display_name(self):
        self.display_name = self.env._("Preview")

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
        """Return the action that shows a new preview, of the newest record that the connector would get."""
        found = next(iter(connector._get_adapter_class().objects), None)
        if found is None:
            raise UserError(self.env._("Nothing is mapped for this provider."))
        event_type = EVENT_TYPES[found.event_types[0]]
        flow = connector.flow_ids.filtered(lambda flow: flow.event_type == event_type.name)[:1]
        model = self.env[event_type.model]
        domain = model._retail_subject_domain() & Domain(flow._parse_domain() if flow else [])
        newest = model.search(domain, order="id desc", limit=1)
        preview = self.create(
            {
                "connector_id": connector.id,
                "object_name": found.name,
                "record_ref": f"{newest._name},{newest.id}" if newest else False,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview of the Mapping"),
            "res_model": self._name,
            "res_id": preview.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    # -- what is shown -----------------------------------------------------------------------------

    def _show(self, record):
        record.check_access("read")
        event_type = self._event_type(record)
        if event_type is None:
            self.problem = self.env._("Records of this kind are not sent as this object.")
            return
        payload, warnings = self._payload(record.sudo(), event_type)
        if isinstance(payload, Exception):
            self.problem = error_text(payload)
            return
        with self.connector_id._adapter() as adapter:
            item = self._item(adapter, record.sudo(), event_type, payload)
            rows = self._rows(adapter, item)
            try:
                rows += self._more_rows(adapter.prepare(item), rows)
            except RemoteError as error:
                warnings = [*warnings, self.env._("It would not be sent. %(reason)s", reason=error.message)]
        self.is_linked = bool(item.remote_id)
        self.problem = "\n".join(warnings)
        self.table = self.env["ir.qweb"]._render("retail_hub.mapping_preview_table", {"rows": rows})

    def _event_type(self, record):
        """Return the event type that tells of such a record; a state if there is one."""
        adapter_class = self.connector_id._get_adapter_class()
        fitting = [
            EVENT_TYPES[name]
            for each in adapter_class.objects
            if each.name == self.object_name
            for name in each.event_types
            if record._name in (EVENT_TYPES[name].model, *EVENT_TYPES[name].more_models)
        ]
        return min(fitting, key=lambda each: each.kind != Kind.STATE, default=None)

    def _payload(self, record, event_type):
        """Return (canonical payload or the exception, warnings)."""
        if event_type.kind == Kind.STATE:
            return record._retail_payloads()[record.id]
        try:
            return record._retail_canonical(event_type.name, {}).canonical(), []
        except psycopg2.Error:
            raise
        except Exception as error:  # as at sending: what keeps it from being built is shown
            return error, []

    def _item(self, adapter, record, event_type, payload):
        connector = self.connector_id
        flow = connector.flow_ids.filtered(lambda flow: flow.event_type == event_type.name)[:1]
        keys = (
            Keys(flow.key_property or "", flow.fallback_key_property or "")
            if flow
            else adapter.keys_for(event_type.name)
        )
        binding = (
            self.env["retail.binding"].sudo()._by_record(connector, record._name, [record.id]).get(record.id)
        )
        paths = adapter.record_paths(event_type.name)
        extra = self.env["retail.field.map"]._record_values(record.with_company(connector.company_id), paths)
        values = extra.get(record.id, {})
        return Item(
            trace_id="0",
            event_type=event_type.name,
            data=payload,
            keys=keys,
            idempotency_key="",
            remote_id=binding.remote_id if binding else None,
            subject=f"{record._name}/{record.id}",
            extra={} if isinstance(values, Exception) else values,
        )

    def _rows(self, adapter, item):
        """Return one dict for each line: property, value, where it is from, and what is to be said about it."""
        known = self.env["retail.remote.schema"]._known(self.connector_id, self.object_name) or {}
        return [self._row(adapter, item, line, known) for line in adapter.field_maps(self.object_name)]

    def _row(self, adapter, item, line, known):
        value, note, remote = "", "", known.get(line.property)
        is_known = all(path in item.extra for path in field_map.record_paths(line))
        is_sent = is_known and not (line.only_on_create and item.remote_id)
        try:
            value = field_map.text(adapter.mapped_value(line, item))
        except (RemoteError, field_map.FieldMapError) as error:
            note = str(error)
        problem = field_map.value_problem(value, remote) if remote and not note else ""
        if known and not remote:
            note = note or self.env._("The remote system has no such property.")
        if not is_sent:
            reason = self.env._("Not sent: the record is linked already.")
            note = note or (
                reason if line.only_on_create else self.env._("Not sent: the field is not known.")
            )
        return {
            "name": line.property,
            "label": remote.label if remote else "",
            "value": value,
            "source": self.env["retail.field.map"]._describe(line),
            "warning": note or (self.env["retail.field.map"]._sentence(problem) if problem else ""),
            "is_sent": is_sent,
        }

    def _more_rows(self, prepared, rows):
        """Return rows for what the adapter sends besides the lines, such as a key of the flow."""
        names = {row["name"] for row in rows}
        return [
            {
                "name": name,
                "label": "",
                "value": field_map.text(value),
                "source": self.env._("Key of the flow"),
                "warning": "",
                "is_sent": True,
            }
            for name, value in prepared.content.items()
            if name not in names
        ]

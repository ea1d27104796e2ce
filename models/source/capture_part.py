"""Capture of records whose values are shown in others, such as a tag: its change is a change of those."""

from odoo import models


class RetailCapturePart(models.AbstractModel):
    _name = "retail.capture.part"
    _description = "Retail Hub: Capture of Parts"

    # ``{event type: (path to the subjects, fields)}``: when a field changes, so do the subjects.
    _retail_shown_in: dict[str, tuple[str, frozenset[str]]] = {}

    def write(self, vals):
        """Capture those that lose the part, too, if a relation without a column changes."""
        changed = [name for name in vals if name in self._fields and not self._fields[name].column_type]
        self._retail_capture_shown([changed] * len(self))
        result = super().write(vals)
        self._retail_capture_shown([changed] * len(self))
        return result

    def _write_multi(self, vals_list):
        result = super()._write_multi(vals_list)
        self._retail_capture_shown(vals_list)
        return result

    def unlink(self):
        self._retail_capture_shown([self._fields] * len(self))
        return super().unlink()

    def _retail_capture_shown(self, changes):
        """Capture the records in which the changed fields are shown.

        :param changes: for each record of ``self``, the names of its changed fields
        """
        for event_type, (path, watched) in self._retail_shown_in.items():
            changed = [
                record.id
                for record, names in zip(self, changes, strict=True)
                if not watched.isdisjoint(names)
            ]
            if changed and self.env["retail.capture"]._retail_wants(event_type):
                # With full access: whoever renames a tag may not read all customers that have it.
                records = self.sudo().with_context(active_test=False).browse(changed)
                records.mapped(path)._retail_capture_state(event_type)

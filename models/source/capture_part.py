"""Capture of records whose values are sent with others, such as a tag: its change is a change of those."""

from typing import NamedTuple

from odoo import api, models


class Shown(NamedTuple):
    """Values of a record that the events of others contain: when one of the fields changes, so do the others.

    :param path: the path from the record to those others; if ``of`` is given, from those others to the record
    :param of: the model of the others, for records that have no path to them
    :param at_creation: whether a new record is a change of the others, too
    """

    event_type: str
    fields: frozenset[str]
    path: str
    of: str = ""
    at_creation: bool = True


class RetailCapturePart(models.AbstractModel):
    _name = "retail.capture.part"
    _description = "Retail Hub: Capture of Parts"

    @api.model
    def _retail_shown_in(self):
        """Return where values of these records are sent: a list of :class:`Shown`."""
        return []

    @api.model_create_multi
    def create(self, vals_list):
        """A new part may be in use at once, such as a tag that is created with its customers."""
        parts = super().create(vals_list)
        parts._retail_capture_shown([self._fields] * len(parts), is_new=True)
        return parts

    def write(self, vals):
        """Capture those that lose the part, too."""
        changed = [name for name in vals if name in self._fields and self._fields[name].relational]
        self._retail_capture_shown([changed] * len(self))
        result = super().write(vals)
        changed = [name for name in changed if not self._fields[name].column_type]
        self._retail_capture_shown([changed] * len(self))
        return result

    def _write_multi(self, vals_list):
        result = super()._write_multi(vals_list)
        self._retail_capture_shown(vals_list)
        return result

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Capture translations, which are not written by ``_write_multi``."""
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        self._retail_capture_shown([[field_name]] * len(self))
        return result

    def unlink(self):
        self._retail_capture_shown([self._fields] * len(self))
        return super().unlink()

    def _retail_capture_shown(self, changes, is_new=False):
        """Capture the records whose events contain the changed fields.

        :param changes: for each record of ``self``, the names of its changed fields
        """
        for shown in self._retail_shown_in():
            if is_new and not shown.at_creation:
                continue
            changed = [
                record.id
                for record, names in zip(self, changes, strict=True)
                if not shown.fields.isdisjoint(names)
            ]
            if changed and self.env["retail.capture"]._retail_wants(shown.event_type):
                # With full access: whoever renames a tag may not read all customers that have it.
                records = self.sudo().with_context(active_test=False).browse(changed)
                records._retail_capture_showing(shown)

    def _retail_capture_showing(self, shown):
        self._retail_showing(shown)._retail_capture_state(shown.event_type)

    def _retail_showing(self, shown):
        """Return the records whose events contain values of these records."""
        if not shown.of:
            return self.mapped(shown.path)
        return self.env[shown.of].search([(shown.path, "in", self.ids)])

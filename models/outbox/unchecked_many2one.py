"""Many2one fields without a foreign key, for tables into which users' transactions insert."""

from odoo import fields


class UncheckedMany2one(fields.Many2one):
    """A many2one without a foreign key, for targets that are never deleted once they can be referred to.

    Checking a foreign key would cost a user's transaction several times as much as an index, and deleting the target
    would scan the referring table. So the target's model must prevent deletion: connectors that were activated, and
    their flows, can only be archived.
    """

    def update_db_foreign_key(self, model, column):
        """Create no foreign key."""

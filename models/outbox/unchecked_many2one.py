"""References without a foreign key, for the tables that users' transactions insert into."""

from odoo import fields


class UncheckedMany2one(fields.Many2one):
    """A many2one without a foreign key: only to records that are never deleted once they can be referred to.

    Checking a foreign key costs a user's transaction several times what an index costs, and deleting the record
    scans the table that refers to it. That nothing goes is up to the model that is referred to: a connector that
    was started, and its flows, are archived, not deleted.
    """

    def update_db_foreign_key(self, model, column):
        """Make none."""

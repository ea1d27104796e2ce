"""Fields that got the field's standard names: the columns keep their contents."""

from odoo.tools import sql

RENAMED_COLUMNS = (
    ("retail_binding", "is_gone", "is_not_found"),
    ("retail_delivery", "progress", "checkpoint"),
    ("retail_field_map", "owner", "system_of_record"),
    ("retail_circuit", "told_at", "notified_at"),
)
# Columns without a foreign key; older databases still have one, whose check costs every insert.
UNCHECKED_COLUMNS = ("flow_id", "connector_id", "company_id")


def migrate(cr, version):
    """Rename the columns, and the names of fields that a field map keeps of its provider's default.

    :param version: the version that was installed before
    """
    for table, old, new in RENAMED_COLUMNS:
        if sql.column_exists(cr, table, old):
            sql.rename_column(cr, table, old, new)
    _name_providers(cr)
    cr.execute(
        """
        UPDATE retail_field_map
           SET default_values = default_values - 'owner'
                             || jsonb_build_object('system_of_record', default_values->'owner')
         WHERE default_values ? 'owner'
        """
    )
    for column in UNCHECKED_COLUMNS:
        cr.execute(f"ALTER TABLE retail_delivery DROP CONSTRAINT IF EXISTS retail_delivery_{column}_fkey")


def _name_providers(cr):
    """Objects are stored with their provider: two providers may have objects of the same name."""
    cr.execute(
        """
        UPDATE retail_field_map m
           SET object_name = c.provider || '.' || m.object_name
          FROM retail_connector c
         WHERE c.id = m.connector_id AND position('.' IN m.object_name) = 0
        """
    )

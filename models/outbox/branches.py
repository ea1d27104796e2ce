"""Events of branches: which of them a connector of the company above gets."""

from odoo import models
from odoo.tools import SQL


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def _gets_sql(self, e):
        """Return the condition that an event is one for this connector: of its company, or of a branch that it serves.

        What companies share has an event for each that has a connector. Of these, that of its own company counts.

        :param e: alias of the event's table
        """
        self.ensure_one()
        # As the superuser: users of a branch do not see the connector that serves it.
        company_id = self.sudo().company_id.id
        own = SQL("%s.company_id = %s", e, company_id)
        branch_ids = sorted(self._branch_ids())
        if not branch_ids:
            return own
        return SQL(
            """(%(own)s OR %(e)s.company_id = ANY(%(branches)s) AND NOT EXISTS (
                SELECT FROM retail_event o
                 WHERE o.res_id = %(e)s.res_id AND o.res_model = %(e)s.res_model AND o.event_type = %(e)s.event_type
                   AND o.company_id = %(company)s))""",
            own=own,
            e=e,
            branches=branch_ids,
            company=company_id,
        )


def of_branches(wanted):
    """Return ``{(flow id, record id, company id, whether the branch is served)}`` of what flows get of branches.

    :param wanted: a list of (:class:`~.event.EventRow`, routes)
    """
    return {
        (route.flow_id, row.res_id, row.company_id, row.company_id in route.branch_ids)
        for row, routes in wanted
        for route in routes
        if row.company_id != route.company_id
    }


def is_for_sql(branches):
    """Return the condition that flow ``f`` gets event ``e``: it is of its company, or of a branch.

    The cache may know a choice that is not committed, so the connector itself must have made it.

    :param branches: as :func:`of_branches` returns it
    """
    own = SQL("f.company_id = e.company_id")
    if not branches:
        return own
    return SQL(
        """(%s OR (f.id, e.res_id, e.company_id) IN (
            SELECT b.flow_id, b.res_id, b.company_id
              FROM unnest(%s, %s, %s, %s) AS b(flow_id, res_id, company_id, is_served)
              JOIN retail_flow bf ON bf.id = b.flow_id
              JOIN retail_connector bc ON bc.id = bf.connector_id
             WHERE bc.serves_branches OR NOT b.is_served))""",
        own,
        *(list(column) for column in zip(*branches, strict=True)),
    )

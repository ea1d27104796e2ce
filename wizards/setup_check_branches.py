"""The setup check of a connector that serves branches: who chose what it reads there, and has no access to them."""

from odoo import models

from .setup_finding import WARNING, Finding


class RetailSetupCheck(models.TransientModel):
    _inherit = "retail.setup.check"

    def _check_connector(self, connector):
        yield from super()._check_connector(connector)
        # As the superuser: managers may not see all branches and their users.
        connector = connector.sudo()
        branches = connector.company_id.browse(sorted(connector._branch_ids()))
        for author in self._authors(connector) if branches else ():
            closed = branches - author.company_ids
            if closed and not author._is_superuser():
                detail = self.env._(
                    "%(user)s has no access to %(branches)s. The Odoo fields that this user chose for the mapping"
                    " are not sent for records of these branches. The user's filters do not find related records"
                    " of these branches.",
                    user=author.name,
                    branches=", ".join(closed.mapped("name")),
                )
                fix = self.env._(
                    "Give the user access to the branches, or have another user choose the fields and filters."
                )
                name = self.env._("%(name)s: branches", name=connector.name)
                yield Finding(WARNING, name, detail, fix, connector)

    def _authors(self, connector):
        """Return the users who chose Odoo fields of the mapping, or entered a filter."""
        ids = {id_ for authors in connector._cached_path_authors().values() for id_ in authors}
        filters = connector.flow_ids.filtered(lambda flow: flow.active and _is_filtered(flow))
        return (filters.filter_author_id | filters.filter_author_id.browse(ids)).sorted("id")


def _is_filtered(flow):
    """Return whether a flow has a filter that is not the one it began with."""
    return any(
        text not in ("[]", flow.env[res_model]._retail_default_domain())
        for res_model, text in flow._filter_texts().items()
    )

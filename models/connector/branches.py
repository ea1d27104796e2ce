"""Branches: a connector serves those of its company that have no connector of their own, if its manager says so."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.cache import cached


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    serves_branches = fields.Boolean(
        "Serve Branches",
        tracking=True,
        help="Also send the records of the company's branches. A branch that has an activated connector of the same"
        " provider is left to that one, and so are the branches below it. A draft does not count, nor does an archived"
        " connector. If you switch this off, no new events of branches are saved; those that wait are still sent.",
    )
    has_branches = fields.Boolean(compute="_compute_has_branches")
    served_branch_names = fields.Char(compute="_compute_served_branch_names")

    @api.depends("company_id")
    def _compute_has_branches(self):
        for connector in self:
            # As the superuser: users do not see the branches to which they have no access.
            connector.has_branches = bool(connector.company_id.sudo().child_ids)

    @api.depends("serves_branches", "company_id", "state")
    def _compute_served_branch_names(self):
        for connector in self:
            # As the superuser: only names; users do not see the branches to which they have no access.
            branches = connector.company_id.sudo().browse(sorted(connector._branch_ids()))
            connector.served_branch_names = ", ".join(branches.mapped("name"))

    @api.model
    @cached()
    def _served_branches(self):
        """Return ``{connector id: frozenset of the ids of the branches that it serves}``, if it serves any.

        Of several connectors of one provider, a branch is served by its own, else by that of the nearest company above.
        """
        connectors = self.search([("active", "=", True)])
        own = {
            (connector.company_id.id, connector.provider)
            for connector in connectors
            if connector.state != "draft"
        }
        served = defaultdict(set)
        domain = [("parent_id", "!=", False), ("active", "in", (True, False))]
        branches = self.env["res.company"].search(domain)
        lineages = {branch.id: branch._retail_lineage() for branch in branches}
        for connector in connectors.filtered("serves_branches"):
            for branch_id, lineage in lineages.items():
                below = _below(lineage, connector.company_id.id)
                if below and not any((id_, connector.provider) in own for id_ in below):
                    served[connector.id].add(branch_id)
        return {connector_id: frozenset(ids) for connector_id, ids in served.items()}

    def _branch_ids(self):
        """Return the ids of the branches that the connector serves, as a frozenset."""
        return self._served_branches().get(self._origin.id, frozenset())

    def _company_ids(self):
        """Return the ids of the connector's company, and of the branches that it serves, as a tuple."""
        # Each transaction of a drain asks for them: to read the connector anew would take as long as a statement.
        origin = self._origin
        company_id = origin._own_company_id() if origin else self.company_id.id
        return (company_id, *sorted(self._branch_ids()))

    @cached("self.id")
    def _own_company_id(self):
        return self.company_id.id  # it never changes: see FIXED_FIELDS

    def _for_its_companies(self):
        """Return the connector in the environment in which it reads records: with its companies and no others."""
        return self.with_context(allowed_company_ids=list(self._company_ids()))

    def _company_domain(self, records, company_ids=None):
        """Return the domain of the records of a model that the connector sends.

        :param company_ids: of its companies, only these
        """
        if "company_id" not in records._fields:
            return Domain.TRUE
        ids = self._company_ids() if company_ids is None else company_ids
        above = self.company_id._retail_lineage() if records._retail_is_used_by_branches else ()
        return Domain("company_id", "in", [False, *above, *ids])

    def _by_company(self, records, branch_ids=()):
        """Return the records as one recordset for each company, which is that of its environment.

        Records that branches share are those of the connector's company.

        :param records: with the environment of :meth:`_for_its_companies`
        :param branch_ids: of branches besides those that the connector serves
        """
        company = records.env["res.company"].browse(self._company_ids()[0])
        branches = company.browse({*self._branch_ids(), *branch_ids} - {company.id})
        if not branches or "company_id" not in records._fields:
            return [records]
        grouped = records.grouped(lambda record: record.company_id & branches or company)
        return [of_company.with_company(each) for each, of_company in grouped.items()]

    @api.model
    def _serving(self, companies):
        """Return the connectors of these companies, and those that serve them as branches."""
        ids = set(companies.ids)
        serving = [id_ for id_, branch_ids in self._served_branches().items() if branch_ids & ids]
        # As the superuser: users of a branch do not see the connectors of the company above.
        found = self.sudo().search(["|", ("company_id", "in", list(ids)), ("id", "in", serving)])
        return found.with_env(self.env)

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if {"active", "state", "company_id", "provider", "serves_branches"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)


def _below(lineage, company_id):
    """Return the part of a branch's lineage below a company; empty if the company is not above the branch."""
    return lineage[lineage.index(company_id) + 1 :] if company_id in lineage else ()

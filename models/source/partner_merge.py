"""Odoo's partner merge is one business event, not a deletion and an update."""

from odoo import models

from ...tools.own_context import with_own


class PartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].browse(partner_ids).exists()
        result = super(PartnerMerge, with_own(self, retail_merging=True))._merge(
            partner_ids, dst_partner, extra_checks
        )
        survivor = partners.exists()
        merged = partners - survivor
        if merged and len(survivor) == 1:
            merged_ids = [str(partner_id) for partner_id in merged.ids]
            payload = {"id": str(survivor.id), "merged_ids": merged_ids}
            survivor._retail_capture_fact("customer.merged", payload, survivor.company_id)
            survivor._retail_capture_state(survivor._retail_updated_event)
        return result

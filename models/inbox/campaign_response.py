"""What customers did with marketing campaigns, as remote systems reported it."""

from odoo import fields, models

RESPONSES = [
    ("delivered", "Delivered"),
    ("opened", "Opened"),
    ("clicked", "Clicked"),
    ("responded", "Responded"),
    ("bounced", "Bounced"),
    ("unsubscribed", "Unsubscribed"),
]


class RetailCampaignResponse(models.Model):
    _name = "retail.campaign.response"
    _description = "Campaign Response"
    _inherit = ["retail.checked"]
    _order = "occurred_at desc, id desc"
    _log_access = False
    _rec_name = "external_id"

    external_id = fields.Char(
        "Response ID", required=True, readonly=True, help="The system's own identifier of the response."
    )
    connector_id = fields.Many2one(
        "retail.connector", "System", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    campaign_id = fields.Many2one(
        "utm.campaign", required=True, readonly=True, ondelete="restrict", index=True
    )
    campaign_external_id = fields.Char(
        "Campaign ID", readonly=True, help="The system's own identifier of the campaign."
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", readonly=True, ondelete="set null", index="btree_not_null"
    )
    response = fields.Selection(RESPONSES, required=True, readonly=True)
    occurred_at = fields.Datetime("Date", required=True, readonly=True)
    received_at = fields.Datetime("Received", required=True, readonly=True)

    _external_id_unique = models.UniqueIndex("(connector_id, external_id)")
    _campaign_idx = models.Index(
        "(connector_id, campaign_external_id) WHERE campaign_external_id IS NOT NULL"
    )

"""Marketing campaigns."""

from ..endpoint import command_endpoint

ENDPOINTS = (
    command_endpoint(
        "POST",
        "/campaign-responses",
        "reportCampaignResponse",
        "campaign.respond",
        ("not-found", "conflict"),
        may_wait=True,
    ),
)

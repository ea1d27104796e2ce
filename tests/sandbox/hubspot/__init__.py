"""A stand-in for HubSpot's CRM API, as far as the hub uses it. README.md lists the facts, with their sources."""

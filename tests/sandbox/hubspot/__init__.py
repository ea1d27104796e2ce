"""HubSpot's CRM API as far as a customer integration uses it. What is known of it, and from where: README.md."""

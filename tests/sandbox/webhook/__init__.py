"""A receiver of webhooks: CloudEvents, signed as Standard Webhooks defines."""

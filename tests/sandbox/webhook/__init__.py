"""A receiver of webhooks that are signed as Standard Webhooks says and carry CloudEvents."""

"""Module hooks."""


def uninstall_hook(env):
    """Remove the wake-up jobs, which would fail once the model they call is gone."""
    env["queue.job"].sudo().search([("model_name", "=like", "retail.%")]).unlink()

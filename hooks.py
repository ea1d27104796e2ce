"""Module hooks."""


def uninstall_hook(env):
    """Remove the wake-up jobs, which would fail once the model they call is gone; archive the users of API clients.

    Payments that were booked keep their journals.
    """
    env["retail.api.client"].sudo().with_context(active_test=False).search([]).user_id.active = False
    env["payment.provider"].sudo().with_context(active_test=False)._retail_remove()
    own_jobs = ["|", ("model_name", "=like", "retail.%"), ("method_name", "=like", "\\_retail\\_%")]
    env["queue.job"].sudo().search(own_jobs).unlink()
    env.cr.execute("DROP FUNCTION IF EXISTS retail_loyalty_entry_is_final() CASCADE")

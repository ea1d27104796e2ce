"""Odoo in this process: real registries, real transactions, no server."""

import contextlib
import os
import time
import warnings

with warnings.catch_warnings(action="ignore"):  # what Odoo's libraries warn about
    import odoo.init  # noqa: F401
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.service.server import load_server_wide_modules
    from odoo.sql_db import close_db
    from odoo.tools import config

ADMIN_ID = 2


def start():
    """Read the configuration; once, before anything else of this module."""
    os.environ.setdefault("ODOO_QUEUE_JOB_CHANNELS", "root:0")  # no job runner here
    config.parse_config(
        ["--config", os.environ["ODOO_RC"], "--log-level", "warn", "--logfile", ""], setup_logging=True
    )
    load_server_wide_modules()


def forget(database):
    """Release what this process holds of a database that is about to be dropped."""
    Registry.delete(database.name)
    close_db(database.name)


@contextlib.contextmanager
def environment(database, user_id=ADMIN_ID):
    """An environment of a user in a new cursor; commit is the caller's."""
    with Registry(database.name).cursor() as cr:
        yield api.Environment(cr, user_id, {})


def commit(env, clock=time.perf_counter):
    """Commit, and return the moment at which PostgreSQL had committed."""
    moments = []
    env.cr.postcommit.add(lambda: moments.append(clock()))
    env.cr.postcommit._funcs.rotate(1)  # before what others do after the commit
    env.cr.commit()
    return moments[0]


def connect_hub(database, url, window=None, events=()):
    """Make and activate a HubSpot connector with no limit of calls; return its id.

    :param events: types of events that it wants beside its default ones
    """
    with environment(database, SUPERUSER_ID) as env:
        connector = env["retail.connector"].create({"name": "HubSpot", "base_url": url})
        connector.credential_ids.value = "sandbox-token"
        return _activate(connector, window, events)


def connect_webhook(database, url, secret, events):
    """Make and activate a webhook connector that wants these types of events at once; return its id."""
    with environment(database, SUPERUSER_ID) as env:
        values = {"name": "Receiver", "provider": "webhook", "base_url": url}
        connector = env["retail.connector"].create(values)
        connector.credential_ids.filtered(lambda each: each.name == "signing_secret").value = secret
        return _activate(connector, 0, events)


def connect_engine(database, url):
    """Make and activate a connector to the Voucherify sandbox with no limit of calls; return its id."""
    with environment(database, SUPERUSER_ID) as env:
        values = {"name": "Points", "provider": "voucherify", "base_url": url}
        connector = env["retail.connector"].create(values)
        for credential in connector.credential_ids:
            credential.value = {"app_id": "sandbox-app", "app_token": "sandbox-token"}[credential.name]
        return _activate(connector, 0, ())


def _activate(connector, window, events):
    env = connector.env
    there = connector.flow_ids.filtered(lambda flow: flow.event_type in events)
    there.active = True
    missing = sorted(set(events) - set(there.mapped("event_type")))
    connector.flow_ids.create([{"connector_id": connector.id, "event_type": event} for event in missing])
    if window is not None:
        connector.flow_ids.window_seconds = window
    if "retail.quota" in env:  # the peers have no limits either
        env["retail.quota"].search([("connector_id", "=", connector.id)]).unlink()
    connector.action_activate()
    env.cr.commit()
    return connector.id

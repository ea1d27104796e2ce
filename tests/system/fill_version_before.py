"""What a shop of version 19.0.1.0.0 has in its tables: run by test_upgrade in a shell of that version.

Its models and methods are those of that version.
"""


def fill(env, url):
    """Make rows in every table of the hub, most of them as people and the drain make them.

    :param url: of the sandbox, which refuses the job title "Bad"
    """
    env.company.write(
        {
            "retail_responsible_id": env.ref("base.user_admin").id,
            "retail_realtime_window": 3,
            "retail_micro_batch_window": 77,
            "retail_delivery_days": 40,
            "retail_event_days": 200,
        }
    )
    make_cards(env)  # before any flow wants to know
    connector = make_connector(env, url)
    make_oauth_connector(env, url)
    make_webhook_connector(env, url)
    partners = make_partners(env, connector)
    make_deliveries(env, connector, partners)
    make_bulk_runs(env, connector)
    env["retail.retention"]._note(env.company, "delivery_count", 12)
    env["retail.retention"]._note(env.company, "event_count", 11)
    env["retail.drain"]._enqueue(connector.id, "realtime", None)


def make_connector(env, url):
    """A connector with everything that an admin can change changed."""
    connector = env["retail.connector"].create(
        {
            "name": "HubSpot",
            "base_url": url,
            "order_object": "deal",
            "company_object": "company",
            "batch_size": 7,
            "max_drains": 3,
            "read_timeout": 11.5,
            "connect_timeout": 2.5,
            "realtime_reserve": 35,
            "notify_by_email": True,
            "plan": "hubspot.professional",
        }
    )
    connector.credential_ids.value = "sandbox-token"
    connector.action_activate()
    connector.action_test_connection()
    connector.action_crm_flows()
    change_flows(env, connector)
    change_field_maps(connector)
    limit = connector.quota_ids.filtered(lambda row: row.window == "10")
    limit.max_calls = 50
    env["retail.quota"].create({"connector_id": connector.id, "window": "60", "max_calls": 400})
    return connector


def change_flows(env, connector):
    flows = connector.flow_ids.grouped("event_type")
    connector.flow_ids.window_seconds = 0
    flows["customer.updated"].write(
        {"key_property": "email", "fallback_key_property": "odoo_customer_id", "sequence": 3}
    )
    flows["order.placed"].write({"key_property": "odoo_id", "owner_id": env.ref("base.user_admin").id})
    flows["invoice.posted"].write(
        {
            "mode": "scheduled",
            "schedule_time": 21.5,
            "schedule_tz": "Europe/Brussels",
            "sun": False,
            "lane": "bulk",
        }
    )
    flows["invoice.paid"].write({"mode": "micro_batch", "window_seconds": 99, "active": False})
    flows["shipment.confirmed"].domain = "[('origin', '!=', False)]"


def change_field_maps(connector):
    lines = connector.field_map_ids
    [job_title] = lines.filtered(
        lambda line: (line.object_name, line.remote_property) == ("contact", "jobtitle")
    )
    job_title.write({"sequence": 5, "owner": "remote"})
    [city] = lines.filtered(lambda line: (line.object_name, line.remote_property) == ("contact", "city"))
    city.active = False
    city.flush_recordset()
    lines.create(
        {
            "connector_id": connector.id,
            "object_name": "contact",
            "remote_property": "city",
            "source": "constant",
            "expression": "Ghent",
            "only_on_create": True,
        }
    )


def make_oauth_connector(env, url):
    """Tokens were given, and a consent page is open."""
    connector = env["retail.connector"].create(
        {"name": "HubSpot by OAuth", "base_url": url, "auth_method": "oauth", "order_object": "order"}
    )
    for credential in connector.credential_ids:
        credential.value = f"secret of {credential.name}"
    connector.write(
        {
            "token_given_at": "2020-11-01 08:00:00",
            "token_ends_at": "2020-11-01 08:30:00",
            "throttled_until": "2020-11-01 08:10:00",
            "state_reason": "The remote asked to wait.",
            "clock_skew": 1.5,
            "consent_hash": "c" * 64,
            "consent_user_id": env.ref("base.user_admin").id,
            "consent_until": "2020-11-01 09:00:00",
            "active": False,
        }
    )
    env["retail.circuit"].create(
        {
            "connector_id": connector.id,
            "is_open": True,
            "reason": "The remote does not answer.",
            "opened_at": "2020-11-01 08:00:00",
            "next_probe_at": "2020-11-01 08:01:00",
            "probe_seconds": 60,
            "told_at": "2020-11-01 08:00:00",
            "counted": {"answered": 1},
        }
    )


def make_webhook_connector(env, url):
    connector = env["retail.connector"].create(
        {"name": "Middleware", "provider": "webhook", "base_url": f"{url}/webhook"}
    )
    connector.credential_ids.filtered(lambda row: row.name == "signing_secret").value = "whsec_" + "bm5u" * 11
    connector.credential_ids.filtered(lambda row: row.name == "signing_secret").value = "whsec_" + "b29v" * 11
    connector.action_middleware_flows()


def make_partners(env, connector):
    """Customers that were sent, that were changed twice since, and one that was refused."""
    partners = env["res.partner"].create(
        [{"name": f"Ann Lee{n}", "email": f"ann{n}@example.com", "function": "Good"} for n in range(8)]
    )
    partners += env["res.partner"].create(
        {
            "name": "Lamps & Co",
            "is_company": True,
            "email": "info@lamps.example.com",
            "website": "lamps.example.com",
        }
    )
    drain(env, connector)
    for title in ("Buyer", "Owner"):
        partners[0].function = title
        env.cr.commit()
    partners[1:3].function = "Bad"
    drain(env, connector)
    bindings = env["retail.binding"].search([("connector_id", "=", connector.id)])
    assert len(bindings) == len(partners), bindings
    bindings[0].is_gone = True
    return partners


def drain(env, connector):
    env.cr.commit()
    env["retail.drain"]._run(connector.id, "realtime")
    env.invalidate_all()


def make_deliveries(env, connector, partners):
    """Deliveries in every state, beside those that the drain has made."""
    dead = env["retail.delivery"].search([("state", "=", "dead")], order="id")
    assert len(dead) == 2, dead
    dead[1]._discard("Nobody misses it")
    partners[3:8].write({"function": "Waiting"})
    make_order(env, partners[3])
    env.cr.commit()
    waiting = env["retail.delivery"].search(
        [("state", "=", "pending"), ("res_model", "=", "res.partner")], order="id"
    )
    unknown, in_flight, late = waiting[0], waiting[1], waiting[2]
    attempts = env["retail.delivery.attempt"]
    attempts._start([(unknown.id, 1, False, '{"properties": {}}', "ann3@example.com", None)])
    started = attempts.search([("delivery_id", "=", unknown.id)])
    started.write(
        {
            "state": "unknown",
            "duration_ms": 900,
            "request_digests": "d1,d2",
            "error_message": "No answer came.",
        }
    )
    unknown.write({"state": "unknown", "attempts": 1, "warning": "The country is not known."})
    attempts._start([(in_flight.id, 1, True, '{"properties": {}}', "ann4@example.com", "1:res.partner:hash")])
    in_flight.write({"state": "in_flight", "lease_until": "2020-11-01 08:00:00", "is_manual": True})
    late.write(
        {
            "attempts": 2,
            "next_attempt_at": "2099-01-01 00:00:00",
            "error_class": "transient",
            "error_code": "HTTP_503",
            "error_message": "The remote does not answer.",
        }
    )
    order = env["retail.delivery"].search([("event_type", "=", "order.placed")])
    order.write(
        {
            "progress": {"version": "9b1c", "line_ids": ["11", "12"]},
            "waits_for": f"res.partner,{partners[3].id}",
            "next_attempt_at": "2099-01-01 00:00:00",
        }
    )
    env["retail.delivery"]._queue_again(waiting[3].event_id.ids, waiting[3].flow_id.ids)
    waiting[4].event_id.write(
        {"causation_id": "cause-1", "details": {"reason": "test"}, "payload_error": "None yet"}
    )


def make_cards(env):
    values = {"name": "Club", "program_type": "loyalty", "applies_on": "both"}
    program = env["loyalty.program"].create(values)
    env["loyalty.card"].create([{"program_id": program.id, "points": points} for points in (12.5, 0, 3)])


def make_order(env, partner):
    product = env["product.product"].create({"name": "Advice", "type": "service", "list_price": 10})
    order = env["sale.order"].create(
        {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": product.id})]}
    )
    order.action_confirm()


def make_bulk_runs(env, connector):
    """One that runs, one that is done, one that somebody only thinks of."""
    runs = env["retail.bulk.run"]
    flow = connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
    running = runs.create(
        {
            "kind": "backfill",
            "connector_id": connector.id,
            "flow_id": flow.id,
            "since": "2020-01-01",
            "domain": "[]",
        }
    )
    running.action_start()
    running.write({"queued": 1, "left_alone": 2})
    running.action_pause()
    env["retail.delivery"].search([("state", "=", "delivered")], limit=1).bulk_run_id = running
    runs.create(
        {
            "kind": "replay",
            "connector_id": connector.id,
            "flow_ids": [(6, 0, connector.flow_ids.filtered("active")[:2].ids)],
            "from_date": "2020-01-01",
            "to_date": "2020-02-01",
        }
    ).action_cancel()

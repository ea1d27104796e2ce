"""Neither secrets nor personal data leave a trace where they do not belong."""

from functools import partial

import pytest
from hub import PATIENCE, customers
from psycopg2 import sql

from stack import OdooError, wait_until

SECRET = "pat-eu1-0f2b7c7e-5f3d-4d58-9a0e-51e7c0ffee51"
PHONE = "+32 470 98 76 54"


@pytest.fixture
def hub(connect, sandbox):
    """A connector with a secret of its own."""
    hub = connect()
    sandbox.configure(tokens=[SECRET])
    hub.set_token(SECRET)
    return hub


def tables_with(db, text):
    """Return the names of all tables of the database in which ``text`` occurs."""
    tables = [name for (name,) in db.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    found = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {} t WHERE strpos(to_jsonb(t)::text, {}) > 0)")
    statements = [found.format(sql.Literal(name), sql.Identifier(name), sql.Literal(text)) for name in tables]
    return [name for (name,) in db.query(sql.SQL(" UNION ALL ").join(statements))]


def meet_trouble(hub, sandbox, people):
    """Let customers be sent, and be refused in the ways in which remotes quote what they were sent."""
    done, bad, quoted, *others = people
    hub.create(done)
    hub.wait(delivered=1)
    rule = {"property": "jobtitle", "pattern": "(?!Bad).*", "message": f"{bad['email']} may not be Bad"}
    sandbox.configure(validation_rules=[rule])
    hub.create({**bad, "function": "Bad"})
    hub.wait(delivered=1, dead=1)
    message = f"Bearer {SECRET} sent {quoted['email']} with phone +32470987654 and {bad['email']}"
    for status, person in zip((500, 409, 422), [quoted, *others], strict=True):
        sandbox.fault(path="/batch/", status=status, body={"message": message}, times=1)
        wait_until(partial(answered, hub, *hub.create(person)), PATIENCE, "the answer")
    sandbox.configure(tokens=["another-token"])
    hub.create(*customers(1))
    wait_until(lambda: hub.state()[0] == "attention", PATIENCE, "the connector to need attention")


def answered(hub, partner):
    return hub.deliveries("error_message", res_id=partner) != [(None,)]


def people():
    return [
        {**values, "name": f"Zdzisława Nováková-{number}", "phone": PHONE}
        for number, values in enumerate(customers(5))
    ]


def test_secret_is_nowhere(hub, sandbox):
    """Not in any row of the database, not in the server's log, and not for whoever may read everything."""
    hub.connector("action_test_connection")
    meet_trouble(hub, sandbox, people())
    hub.odoo.call("retail.setup.check", "action_open")
    assert tables_with(hub.odoo.db, SECRET) == []
    assert SECRET not in hub.odoo.log_path.read_text(encoding="utf-8")

    domain = [("connector_id", "=", hub.id)]
    [credential] = hub.odoo.call("retail.credential", "search_read", domain)
    assert (credential["value"], credential["is_set"]) == (False, True)
    assert "encrypted_value" not in credential
    columns = ["name", "state_reason", "credential_ids/name", "credential_ids/value"]
    assert hub.connector("export_data", columns)["datas"][0][2:] == ["access_token", ""]
    for reading in (
        lambda: hub.odoo.call("retail.credential", "read", [credential["id"]], ["encrypted_value"]),
        lambda: hub.connector("export_data", ["credential_ids/encrypted_value"]),
        lambda: hub.odoo.call("retail.credential", "search", [("encrypted_value", "like", "gAAAA")]),
    ):
        with pytest.raises(OdooError, match="encrypted_value|access"):
            reading()


def test_personal_data_stays_with_the_partner(hub, sandbox):
    """What the remote says about a customer is kept, logged and shown: without the customer's data."""
    someone = people()
    begin = hub.odoo.log_path.stat().st_size
    meet_trouble(hub, sandbox, someone)
    assert [code for (code,) in hub.deliveries("error_code")] == [
        None,
        "INVALID_VALUE",
        "HTTP_500",
        "CONFLICT",
        "VALIDATION_ERROR",
        "INVALID_AUTHENTICATION",
    ]
    log = hub.odoo.log_path.read_text(encoding="utf-8")[begin:]
    for text in (*(person["email"] for person in someone), "Zdzis", PHONE, "+32470987654"):
        assert set(tables_with(hub.odoo.db, text)) <= {"res_partner"}
        assert text not in log

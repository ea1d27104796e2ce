"""A customer's way to Acme's stand-in, with the real job runner."""

from hub import customers


def test_customer_arrives(connect, sandbox):
    hub = connect(name="Acme", provider="acme", base_url=f"{sandbox.url}/acme")
    [values] = customers(1)
    hub.create(values)
    hub.wait(delivered=1)
    [record] = sandbox.records("customers", "acme")
    assert record["properties"]["email"] == values["email"]

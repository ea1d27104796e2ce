"""A client does what its scopes allow, in its company. Generated over the endpoints, so that a new one is covered."""

import json
import uuid
from functools import partial

from odoo.tests import tagged

from ...controllers.api.endpoints import ENDPOINTS
from ...schemas.commands import COMMAND_TYPES
from ...schemas.examples.commands import COMMAND_EXAMPLES
from .common import ApiCase
from .fulfilment import FulfilmentCase

# Each of a batch's commands needs its own scope; a message is for the client that has sent it.
WITHOUT_SCOPE = {"carryOutBatch", "getMessage"}
THEIRS, NOBODYS = "RIVAL-1", "NOBODY-1"
# What no two answers have in common.
OWN = {"id", "trace_id", "received_at"}


@tagged("-at_install", "post_install")
class TestScopeEscapes(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scopes = cls.env["retail.api.scope"].search([]).mapped("name")
        clients = {scope: cls.new_client(scope, cls.system, [scope]) for scope in scopes}
        cls.keys = {scope: cls.env["retail.api.key"]._issue(client) for scope, client in clients.items()}
        cls.keys[""] = cls.env["retail.api.key"]._issue(cls.new_client("None", cls.system, []))

    def test_each_scope_is_asked_for(self):
        self.assertEqual({each.operation for each in ENDPOINTS if not each.scope}, WITHOUT_SCOPE)
        asked = {each.scope for each in ENDPOINTS} | {each.scope for each in COMMAND_TYPES.values()}
        self.assertEqual(asked | {""}, set(self.keys))

    def test_each_endpoint_with_each_scope(self):
        for endpoint in ENDPOINTS:
            content = endpoint.example if endpoint.content else None
            for scope, key in self.keys.items():
                with self.subTest(endpoint=endpoint.operation, scope=scope):
                    options = {"key": key, "idempotency_key": str(uuid.uuid4())}
                    response = self.call(endpoint.method, endpoint.example_path, content, **options)
                    if endpoint.scope in ("", scope):
                        self.assertNotIn(response.status_code, (401, 403, 429, 500), response.text)
                        continue
                    problem = self.assertProblem(response, "forbidden", 403)
                    self.assertEqual(problem["detail"], f"The client lacks the scope {endpoint.scope}.")
        carried_out = self.messages()
        self.assertGreater(len(carried_out), 0)
        for message in carried_out:
            own = message.client_id.scope_ids.name
            self.assertEqual(COMMAND_TYPES[message.command].scope, own, message.command)

    def test_each_command_of_a_batch_with_each_scope(self):
        commands = [
            {"command": name, "idempotency_key": name, "data": COMMAND_EXAMPLES[name]}
            for name in COMMAND_TYPES
        ]
        for scope, key in self.keys.items():
            with self.subTest(scope=scope):
                response = self.call("POST", "/batch", {"commands": commands}, key=key)
                self.assertEqual(response.status_code, 200, response.text)
                answers = {each["command"]: each["status"] for each in response.json()["results"]}
                allowed = {name for name, status in answers.items() if status != 403}
                wanted = {each.name for each in COMMAND_TYPES.values() if each.scope == scope}
                self.assertEqual(allowed, wanted)
                self.assertFalse({401, 429, 500}.intersection(answers.values()))


@tagged("-at_install", "post_install")
class TestCompanyEscapes(FulfilmentCase):
    """Ours, and a rival company with an order that was paid, shipped, returned and refunded, and one that is held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scopes = tuple(cls.env["retail.api.scope"].search([]).mapped("name"))
        cls.client.scope_ids = cls.env["retail.api.scope"].search([])
        cls.client.patience_minutes = 0
        # Of a system that captures no orders, and so names them by Odoo's number.
        system = cls.system.copy({"name": "Warehouse"})
        reporter = cls.new_client("Warehouse", system, ("fulfilment:write",), patience_minutes=0)
        cls.reporter_key = cls.env["retail.api.key"]._issue(reporter)
        cls.rival = cls.env["res.company"].create(
            {"name": "Rival", "currency_id": cls.company.currency_id.id}
        )
        cls.env["account.chart.template"].try_loading("generic_coa", company=cls.rival, install_demo=False)
        cls.rival_warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.rival.id)], limit=1)
        cls.rival_warehouse.code = "RIVAL"
        stock = cls.rival_warehouse.lot_stock_id
        cls.shelf = cls.env["stock.location"].create(
            {
                "name": "Rival Shelf",
                "barcode": "RIVAL-SHELF",
                "location_id": stock.id,
                "company_id": cls.rival.id,
            }
        )
        cls.cup = cls.new_product(
            "RIVAL-CUP", 20, cls.rival_warehouse, company_id=cls.rival.id, barcode="5410000000012"
        )
        cls.new_tax(17, False, company_id=cls.rival.id, tax_group_id=cls.rival_tax_group().id)
        theirs = cls.system.copy({"name": "Rival Shop", "company_id": cls.rival.id})
        cls.rival_client = cls.new_client("Rival", theirs, cls.scopes, warehouse_id=cls.rival_warehouse.id)
        cls.rival_key = cls.env["retail.api.key"]._issue(cls.rival_client)
        cls.env["retail.code.map"].create(
            {"connector_id": theirs.id, "kind": "product", "code": "RIVAL-P", "product_id": cls.cup.id}
        )

    @classmethod
    def rival_tax_group(cls):
        values = {"name": "VAT", "country_id": cls.country.id, "company_id": cls.rival.id}
        return cls.env["account.tax.group"].create(values)

    def setUp(self):
        super().setUp()
        order = {
            "customer": {
                "external_id": THEIRS,
                "name": {"full": "Rosa Rival"},
                "email": "rosa@rival.example",
            },
            "lines": [self.line("RIVAL-CUP", "3", rate="")],
            "total": "30.00",
        }
        [answer, _held] = [
            self.theirs("/orders", {**self.order(), **order, "external_id": code, **more})
            for code, more in ((THEIRS, {}), ("RIVAL-2", {"hold_minutes": 15}))
        ]
        self.number = answer["number"]
        money = {"id": "RIVAL-P1", "amount": "30.00", "currency": self.company.currency_id.name}
        self.theirs(f"/orders/{THEIRS}/payments/capture", money)
        pieces = [{"order_line_id": "L-RIVAL-CUP", "quantity": "2"}]
        self.theirs(f"/orders/{THEIRS}/shipments", {"shipment_id": "RIVAL-S", "lines": pieces})
        self.theirs(f"/orders/{THEIRS}/returns", {"return_id": "RIVAL-R", "lines": pieces})
        refund = {"id": "RIVAL-F", "payment": "RIVAL-P1", "amount": "5.00", "currency": money["currency"]}
        self.theirs(f"/orders/{THEIRS}/payments/refund", refund)
        self.rival_message = self.env["retail.message"].search(
            [("client_id", "=", self.rival_client.id)], order="id", limit=1
        )
        self.before = self.all_of_theirs()

    def theirs(self, path, content):
        response = self.post(path, content, key=self.rival_key)
        self.assertEqual(response.status_code, 201, response.text)
        return response.json()

    def all_of_theirs(self):
        """Return what the rival sees of its orders, and how many records of each kind it has."""
        self.env.invalidate_all()
        seen = [
            self.call("GET", f"/{path}", key=self.rival_key).json()
            for code in (THEIRS, "RIVAL-2")
            for path in (f"orders/{code}", f"orders/{code}/process", f"customers?external_id={THEIRS}")
        ]
        kinds = (
            "sale.order",
            "sale.order.line",
            "stock.picking",
            "stock.move",
            "res.partner",
            "payment.transaction",
        )
        counts = {kind: self.env[kind].search_count([("company_id", "=", self.rival.id)]) for kind in kinds}
        return seen, counts, self.free(self.cup, self.rival_warehouse)

    def tearDown(self):
        self.assertEqual(self.all_of_theirs(), self.before)
        super().tearDown()

    def answer(self, response, named):
        """Return an answer without what it names, and what is different in each."""
        text = response.text.replace(self.base_url(), "").replace(
            named, "…"
        )  # a port may have the same digits
        body = json.loads(text)
        return response.status_code, {name: value for name, value in body.items() if name not in OWN}

    def assertSameAsNothing(self, ask, theirs, nobodys, statuses=(404,)):
        """Check that what is theirs is answered as what does not exist, and that no word of theirs is in it."""
        there, nowhere = ask(theirs), ask(nobodys)
        self.assertEqual(self.answer(there, theirs), self.answer(nowhere, nobodys))
        self.assertIn(there.status_code, statuses, there.text)
        self.assertNotRegex(there.text.replace(theirs, ""), "(?i)rival|rosa")

    # -- generated ---------------------------------------------------------------------------------

    def test_each_path(self):
        """Orders, customers and messages of theirs, by their own ids and by Odoo's number."""
        pairs = ((THEIRS, NOBODYS), ("RIVAL-2", NOBODYS), (self.number, "S99999"))
        for endpoint in (each for each in ENDPOINTS if each.parameters):
            [name] = endpoint.parameters
            uuids = [(self.rival_message.uuid, str(uuid.uuid4()))]
            for theirs, nobodys in uuids if name == "id" else pairs:
                with self.subTest(endpoint=endpoint.operation, theirs=theirs):
                    self.assertSameAsNothing(partial(self.ask, endpoint), theirs, nobodys)

    def ask(self, endpoint, code, **options):
        content = endpoint.example if endpoint.content else None
        path = endpoint.path.replace(f"{{{endpoint.parameters[0]}}}", code)
        key = {"idempotency_key": str(uuid.uuid4())} if endpoint.command else {}
        return self.call(endpoint.method, path, content, **key, **options)

    def test_each_command_of_a_batch(self):
        for name in COMMAND_TYPES:
            if name in ("customer.upsert", "order.place", "campaign.respond"):  # which create what they name
                continue
            with self.subTest(command=name):
                self.assertSameAsNothing(partial(self.in_batch, name), THEIRS, NOBODYS, (200,))

    def in_batch(self, name, code):
        example = COMMAND_EXAMPLES[name]
        named = "customer_external_id" if "customer_external_id" in example else "external_id"
        data = {**example, named: code}
        command = {"command": name, "idempotency_key": str(uuid.uuid4()), "data": data}
        response = self.call("POST", "/batch", {"commands": [command]})
        [result] = response.json()["results"]
        self.assertEqual(result["status"], 404, result)
        own = {"trace_id": result["trace_id"], "idempotency_key": command["idempotency_key"]}
        for text in own.values():
            response._content = response.content.replace(text.encode(), b"own")
        return response

    def test_a_warehouse_system_names_orders_by_their_number(self):
        for endpoint in ENDPOINTS:
            if endpoint.scope != "fulfilment:write":
                continue
            for theirs, nobodys in ((self.number, "S99999"), (THEIRS, NOBODYS)):
                with self.subTest(endpoint=endpoint.operation, theirs=theirs):
                    self.assertSameAsNothing(
                        partial(self.ask, endpoint, key=self.reporter_key), theirs, nobodys
                    )

    # -- what requests name ------------------------------------------------------------------------

    def test_products_taxes_and_warehouses(self):
        def place(**values):
            line = {**self.line(), **values}
            return self.post("/orders", {**self.order(line), "external_id": str(uuid.uuid4())})

        for name, theirs, nobodys in (
            ("sku", "RIVAL-CUP", "NOBODY-CUP"),
            ("product_id", "RIVAL-P", "NOBODY-P"),
            ("barcode", "5410000000012", "5410000000099"),
            ("warehouse", "RIVAL", "NOBDY"),
        ):
            rest = {} if name == "warehouse" else {"sku": "", "id": "1"}
            with self.subTest(name=name):
                self.assertSameAsNothing(
                    lambda code, name=name, rest=rest: place(**{**rest, name: code}), theirs, nobodys, (422,)
                )
        self.assertSameAsNothing(
            lambda rate: place(taxes=[{"rate": rate, "country": self.country.code}]), "17", "18", (422,)
        )

    def test_stock_and_prices(self):
        for path in ("inventory", "prices"):
            for name, theirs, nobodys in (
                ("sku", "RIVAL-CUP", "NOBODY-CUP"),
                ("barcode", "5410000000012", "5410000000099"),
            ):
                with self.subTest(path=path, name=name):
                    self.assertSameAsNothing(
                        lambda code, query=f"/{path}?{name}=": self.call("GET", query + code),
                        theirs,
                        nobodys,
                        (200,),
                    )
        self.assertSameAsNothing(
            lambda code: self.call("GET", f"/inventory?warehouse={code}"), "RIVAL", "NOBDY", (422,)
        )

    def test_the_stock_of_a_shared_product(self):
        shared = self.new_product("SHARED", 3)
        self.env["stock.quant"]._update_available_quantity(shared, self.rival_warehouse.lot_stock_id, 7)
        for key, code, available in ((self.key, self.warehouse.code, "3"), (self.rival_key, "RIVAL", "7")):
            items = self.call("GET", "/inventory?sku=SHARED", key=key).json()["items"]
            here = {each["warehouse"]: each["available"] for each in items}
            self.assertEqual(here[code], available)
            self.assertEqual(sum(map(int, here.values())), int(available))

    def test_customers(self):
        """A guest with the email address of theirs is a customer of ours."""
        for name, theirs, nobodys in (
            ("email", "rosa@rival.example", "nobody@nobody.example"),
            ("external_id", THEIRS, NOBODYS),
        ):
            self.assertSameAsNothing(
                lambda code, query=f"/customers?{name}=": self.call("GET", query + code),
                theirs,
                nobodys,
                (200,),
            )
        guest = {"name": {"full": "Guest"}, "email": "rosa@rival.example"}
        order = self.sale_order(self.place(customer=guest))
        self.assertEqual((order.partner_id.name, order.partner_id.company_id), ("Guest", self.company))
        answer = self.post("/customers", {"external_id": THEIRS, "name": {"full": "Ours"}}).json()
        self.assertEqual(answer["outcome"], "created")

    def test_the_same_names_are_ours(self):
        """An order, a payment, a shipment, a return and a refund may be called as theirs are."""
        order = self.sale_order(self.place(external_id=THEIRS))
        self.assertEqual(order.company_id, self.company)
        path, currency = f"/orders/{THEIRS}", self.company.currency_id.name
        pieces = [{"order_line_id": "L-MUG", "quantity": "2"}]
        for action, content in (
            ("payments/capture", {"id": "RIVAL-P1", "amount": "24.20", "currency": currency}),
            (
                "payments/refund",
                {"id": "RIVAL-F", "payment": "RIVAL-P1", "amount": "1.00", "currency": currency},
            ),
            ("shipments", {"shipment_id": "RIVAL-S", "lines": pieces}),
            ("returns", {"return_id": "RIVAL-R", "lines": pieces}),
        ):
            response = self.post(f"{path}/{action}", content)
            self.assertEqual(
                (response.status_code, response.json()["outcome"]), (201, "created"), response.text
            )

    def test_payments_of_theirs(self):
        """Ours names a payment of theirs as the one to give back, or to capture."""
        self.place()
        money = {"amount": "1.00", "currency": self.company.currency_id.name}
        for action, name in (("refund", "payment"), ("capture", "authorization")):
            path = f"/orders/W-1001/payments/{action}"
            self.assertSameAsNothing(
                lambda code, path=path, name=name: self.post(path, {**money, "id": "X", name: code}),
                "RIVAL-P1",
                "NOBODY-P1",
            )
        refund = {"id": "Y", "currency": money["currency"], "amount": "1.00"}
        self.assertSameAsNothing(
            lambda code: self.post(
                "/orders/W-1001/refunds",
                {**refund, "payments": [{"id": "Z", "payment": code, "amount": "1.00"}]},
            ),
            "RIVAL-P1",
            "NOBODY-P1",
        )

    def test_where_goods_come_back(self):
        self.five_mugs()
        self.ship()

        def give_back(**values):
            lines = [{"order_line_id": "L-MUG", "quantity": "1"}]
            return self.report("/orders/W-1001/returns", {"return_id": "R", "lines": lines, **values})

        for name, theirs, nobodys in (
            ("location", "RIVAL-SHELF", "NOBODY-SHELF"),
            ("location", "Rival Shelf", "Nobody Shelf"),
            ("warehouse", "RIVAL", "NOBDY"),
        ):
            with self.subTest(theirs=theirs):
                self.assertSameAsNothing(
                    lambda code, name=name: give_back(**{name: code}), theirs, nobodys, (422,)
                )

    def test_events(self):
        """What happens at theirs is in their feed, and in nobody else's."""
        event_type = "order.placed"
        for connector in (self.system, self.rival_client.connector_id):
            flows = connector.with_context(active_test=False).flow_ids
            flow = flows.filtered(lambda each: each.event_type == event_type)
            flow = flow or flow.create({"connector_id": connector.id, "event_type": event_type})
            flow.write({"active": True, "mode": "pull", "sends_own": True})
        self.env.flush_all()
        lines = {"lines": [self.line("RIVAL-CUP", "1", rate="")], "total": "10.00"}
        self.theirs("/orders", {**self.order(), **lines, "external_id": "RIVAL-3"})
        self.env.flush_all()
        seen = {
            name: [each["data"]["id"] for each in self.call("GET", "/events", key=key).json()["items"]]
            for name, key in (("ours", self.key), ("theirs", self.rival_key))
        }
        self.assertEqual((seen["ours"], len(seen["theirs"])), ([], 1))
        self.before = self.all_of_theirs()

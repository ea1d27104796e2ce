"""Customers."""

from collections import defaultdict

from ....core.problem import Problem
from ....models.inbox.foreign import is_own
from ....schemas.customer import CustomerV1
from ....schemas.customer_search import CustomersQueryV1, CustomersV1, FoundCustomerV1
from ..endpoint import Endpoint, command_endpoint


def read_customer(call):
    """Return the customer whom the caller knows by this external id.

    :raise Problem: there is none
    """
    bindings = call.env["retail.binding"]
    ids = bindings._records_of(call.connector, "res.partner", call.path["external_id"])
    customer = call.client_env["res.partner"].browse(ids).exists()[:1]
    if not customer or not is_own(customer):
        raise Problem("not-found", "There is no customer with this external_id.")
    return _canonical(customer, customer._retail_payloads())


def search_customers(call):
    """Return the customers with an email address, a telephone number or an external id of the caller."""
    query, bindings = call.query, call.env["retail.binding"]
    ids = None
    if query.external_id:
        ids = bindings._records_of(call.connector, "res.partner", query.external_id)
    received = call.client_env["retail.received.customer"]
    customers, has_more = received._search(query.email, query.phone, ids, int(query.after or 0), query.limit)
    external_ids = defaultdict(list)
    for binding in bindings._of_records(call.connector, "res.partner", customers.ids):
        external_ids[binding.res_id].append(binding.remote_id)
    payloads = customers._retail_payloads()
    items = tuple(
        FoundCustomerV1(
            external_ids=tuple(sorted(external_ids[customer.id])), customer=_canonical(customer, payloads)
        )
        for customer in customers
    )
    return CustomersV1(items=items, next=str(customers[-1:].id) if has_more else "")


def _canonical(customer, payloads):
    payload, _remarks = payloads[customer.id]
    if isinstance(payload, Exception):
        raise payload
    return CustomerV1(**payload)


ENDPOINTS = (
    command_endpoint("POST", "/customers", "upsertCustomer", "customer.upsert", ("conflict",)),
    Endpoint(
        "GET",
        "/customers",
        "searchCustomers",
        "Search for customers",
        "customers:read",
        CustomersV1,
        search_customers,
        query=CustomersQueryV1,
        query_example="email=anna%40example.com",
        problems=("invalid-request",),
    ),
    command_endpoint(
        "POST",
        "/customers/{external_id}/erase",
        "eraseCustomer",
        "customer.erase",
        ("not-found", "conflict"),
    ),
    Endpoint(
        "GET",
        "/customers/{external_id}",
        "getCustomer",
        "Read a customer",
        "customers:read",
        CustomerV1,
        read_customer,
        path_example={"external_id": "C-1"},
        problems=("not-found",),
    ),
)

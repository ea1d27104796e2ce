"""Products and SKUs, with prices in minor units."""

from kit.wire import json_response

from . import pages
from .checks import body_of, check
from .failures import Failure, not_found

PATH = "/v1/products"
PRODUCT = f"{PATH}/{{key}}"
TYPES = {
    "source_id": "string",
    "name": "string",
    "price": "integer",
    "attributes": "array",
    "metadata": "object",
    "image_url": "string",
}
SKU = {"source_id": "string", "sku": "string", "price": "integer", "currency": "string"}


def existing(project, key):
    for each in project.products.values():
        if key in (each["id"], each["source_id"]):
            return each
    raise not_found("product", key)


def describe(product):
    skus = product["skus"]
    listed = {"object": "list", "data_ref": "data", "data": skus, "total": len(skus)}
    return {**product, "skus": listed, "object": "product"}


def list_page(project, request):
    return pages.by_number(request, [describe(each) for each in project.products.values()], "products")


def create(project, request):
    data = body_of(request)
    check(data, TYPES)
    if any(each["source_id"] == data.get("source_id") is not None for each in project.products.values()):
        details = f"Duplicate resource key: '{data['source_id']}'"
        raise Failure(409, "duplicate_resource_key", "Duplicate resource key", details)
    product = {
        "id": project.new_id("prod_"),
        "created_at": project.clock.iso(),
        "updated_at": None,
        "attributes": [],
        "metadata": {},
        **{name: data.get(name) for name in ("source_id", "name", "price", "image_url")},
        "skus": [],
    }
    project.products[product["id"]] = product
    return json_response(200, describe(product))


def read(project, request, key):
    return json_response(200, describe(existing(project, key)))


def update(project, request, key):
    product, data = existing(project, key), body_of(request)
    check(data, TYPES)
    product.update({name: data[name] for name in TYPES if name in data and name != "source_id"})
    product["updated_at"] = project.clock.iso()
    return json_response(200, describe(product))


def create_sku(project, request, key):
    product, data = existing(project, key), body_of(request)
    check(data, SKU)
    sku = {
        "id": project.new_id("sku_"),
        "product_id": product["id"],
        **{name: data.get(name) for name in SKU},
        "attributes": {},
        "image_url": None,
        "metadata": {},
        "created_at": project.clock.iso(),
        "updated_at": None,
        "object": "sku",
    }
    product["skus"].append(sku)
    return json_response(200, sku)


def update_sku(project, request, key, sku_id):
    for sku in existing(project, key)["skus"]:
        if sku_id in (sku["id"], sku["source_id"]):
            data = body_of(request)
            check(data, SKU)
            sku.update({name: data[name] for name in SKU if name in data and name != "source_id"})
            sku["updated_at"] = project.clock.iso()
            return json_response(200, sku)
    raise not_found("sku", sku_id)


ROUTES = (
    ("GET", PATH, list_page),
    ("POST", PATH, create),
    ("GET", PRODUCT, read),
    ("PUT", PRODUCT, update),
    ("POST", f"{PRODUCT}/skus", create_sku),
    ("PUT", f"{PRODUCT}/skus/{{sku_id}}", update_sku),
)

"""The public JSON Schemas of the events. They describe the format and contain no data."""

import json
from datetime import timedelta
from functools import cache

from odoo import http
from odoo.http import request

from ..schemas import EVENT_TYPES, SCHEMAS
from ..schemas.envelope import SCHEMAS_PATH, schema_uri

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# A published schema never changes, but new versions of the hub add event types to the index.
SCHEMA_MAX_AGE = timedelta(days=30)
INDEX_MAX_AGE = timedelta(hours=1)


class SchemasController(http.Controller):
    @http.route(SCHEMAS_PATH, type="http", auth="none", methods=["GET"], readonly=True, save_session=False)
    def index(self, **_others):
        """List the event types, each with the URL of the schema of its data."""
        event_types = [
            {
                "name": event_type.name,
                "type": event_type.cloudevents_type,
                "kind": event_type.kind.value,
                "label": event_type.label,
                "schema": _uri(event_type.schema.__name__),
            }
            for event_type in EVENT_TYPES.values()
        ]
        return _cacheable({"event_types": event_types}, "application/json", INDEX_MAX_AGE)

    @http.route(
        f"{SCHEMAS_PATH}/<string:file_name>",
        type="http",
        auth="none",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def schema(self, file_name, **_others):
        """Return the JSON Schema of a canonical class, such as ``OrderV1.json``."""
        name = file_name.removesuffix(".json")
        if name not in SCHEMAS or name == file_name:
            return _not_found()
        schema = {"$schema": DIALECT, "$id": _uri(name), **_json_schema(name)}
        return _cacheable(schema, "application/schema+json", SCHEMA_MAX_AGE)


@cache
def _json_schema(name):
    return SCHEMAS[name].model_json_schema()


def _uri(name):
    """Return the URL of a schema on the host that the caller used, which needs no database query."""
    return schema_uri(request.httprequest.host_url, name)


def _cacheable(data, content_type, max_age):
    """Return a JSON response that may be cached, or 304 without a body if the caller's copy is current."""
    response = request.make_response(json.dumps(data, indent=2).encode(), [("Content-Type", content_type)])
    response.cache_control.public = True
    response.cache_control.max_age = int(max_age.total_seconds())
    response.add_etag()
    return response.make_conditional(request.httprequest.environ)


def _not_found():
    """Return a 404 response with problem details (RFC 9457)."""
    problem = {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"There is no such schema. GET {SCHEMAS_PATH} lists them.",
    }
    return request.make_response(
        json.dumps(problem).encode(), [("Content-Type", "application/problem+json")], status=404
    )

"""Pipelines and their stages: the API, and the rules for records in them."""

import uuid

from kit.wire import json_response

from .failures import NOT_FOUND, Failure, bad_input, invalid_values, problem

DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
ORDER_STAGES = (
    ("4b27b500-f031-4927-9811-68a0b525cbae", "Open", "OPEN"),
    ("937ea84d-0a4f-4dcf-9028-3f9c2aafbf03", "Processed", "OPEN"),
    ("aa99e8d0-c1d5-4071-b915-d240bbb1aed9", "Shipped", "OPEN"),
    ("3725360f-519b-4b18-a593-494d60a29c9f", "Delivered", "CLOSED"),
    ("3c85a297-e9ce-400b-b42e-9f16853d69d6", "Cancelled", "CLOSED"),
)


def probability(value):
    return {"isClosed": "true" if value in ("0.0", "1.0") else "false", "probability": value}


def chance(value):
    """Return the metadata of a deal stage with this probability. Raises Failure if it is not a probability."""
    try:
        return probability(str(float(value)))
    except ValueError:
        raise bad_input(f"probability must be a number, but was {value}") from None


def state(value):
    return {"state": value}


# object type: id and label of the one pipeline that a new account has, its stages, what their third column means
DEFAULTS = {
    "deals": ("default", "Sales Pipeline", DEAL_STAGES, probability),
    "orders": ("14a2e10e-5471-408a-906e-c51f3b04369e", "Order Pipeline", ORDER_STAGES, state),
}
REQUIRED_METADATA = {"deals": "probability"}


def new_account(object_type, now):
    """Return the pipelines of an object type in a new account, by id; empty if its records have no pipeline."""
    if object_type not in DEFAULTS:
        return {}
    pipeline_id, label, rows, metadata = DEFAULTS[object_type]
    stages = [(stage_id, name, metadata(value)) for stage_id, name, value in rows]
    return {pipeline_id: build(pipeline_id, label, 0, stages, now)}


def build(pipeline_id, label, order, stages, now):
    """``stages``: (id, label, metadata) each."""
    dates = {"createdAt": now, "updatedAt": now, "archived": False}
    described = [
        {"id": stage_id, "label": name, "displayOrder": number, "metadata": metadata, **dates}
        | {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}
        for number, (stage_id, name, metadata) in enumerate(stages)
    ]
    return {"id": pipeline_id, "label": label, "displayOrder": order, "stages": described, **dates}


def publish(store):
    """Make the ids of pipelines and stages the options of the two properties."""
    pipeline, stage = (store.schema.properties[name] for name in store.schema.pipeline)
    everything = list(store.pipelines.values())
    pipeline.set_options([{"value": each["id"], "label": each["label"]} for each in everything])
    stage.set_options(
        [{"value": each["id"], "label": each["label"]} for one in everything for each in one["stages"]]
    )


# --- records ---


def default_pipeline(call, item):
    """Put a new record into the first pipeline, unless the caller set another."""
    name = call.store.schema.pipeline[0]
    if item.new and not item.properties.get(name):
        item.properties = {**item.properties, name: next(iter(call.store.pipelines))}


def check(call, item):
    """Check that the stage belongs to the record's pipeline: the given one, its present one, or the first."""
    pipeline_name, stage_name = call.store.schema.pipeline
    stage = item.properties.get(stage_name)
    if not stage:
        return
    stored = item.record.properties if item.record else {}
    first = next(iter(call.store.pipelines))
    pipeline_id = item.properties.get(pipeline_name) or stored.get(pipeline_name) or first
    stages = [each["id"] for each in call.store.pipelines[pipeline_id]["stages"]]
    if stage not in stages:
        listed = f"pipelineId={pipeline_id} : [{', '.join(stages)}]"
        message = f"{stage} is not a valid pipeline stage ID. Valid options are: {listed}"
        raise invalid_values([problem(stage_name, "INVALID_OPTION", message)])


def stage_of(store, properties):
    """The stage that a record is in, or None."""
    pipeline_name, stage_name = store.schema.pipeline
    pipeline = store.pipelines.get(properties.get(pipeline_name), {"stages": []})
    return next((each for each in pipeline["stages"] if each["id"] == properties.get(stage_name)), None)


def is_won(stage):
    return stage["metadata"].get("probability") == "1.0"


# --- the API: /crm/v3/pipelines/{type}/… ---


def handle(call, rest):
    """``rest``: the path after the object type, None for all pipelines."""
    if call.store.schema.pipeline is None:
        raise bad_input(f"{call.object_type} have no pipelines")
    with call.lock:
        if call.request.method == "POST" and rest is None:
            return json_response(201, create(call))
        if call.request.method != "GET":
            raise Failure(405, "VALIDATION_ERROR", f"{call.request.method} is not allowed here")
        return json_response(200, read(call.store.pipelines, (rest or "").split("/")))


def read(pipelines, path):
    """``path``: nothing, id, id + "stages" or id + "stages" + id."""
    match path:
        case [""]:
            return {"results": list(pipelines.values())}
        case [pipeline_id] if pipeline_id in pipelines:
            return pipelines[pipeline_id]
        case [pipeline_id, "stages"] if pipeline_id in pipelines:
            return {"results": pipelines[pipeline_id]["stages"]}
        case [pipeline_id, "stages", stage_id] if pipeline_id in pipelines:
            for stage in pipelines[pipeline_id]["stages"]:
                if stage["id"] == stage_id:
                    return stage
    raise Failure(404, NOT_FOUND, "resource not found")


def create(call):
    data, store = call.json(), call.store
    if not data.get("label") or not isinstance(data.get("stages"), list) or not data["stages"]:
        raise bad_input("Invalid input JSON: label and stages are required")
    if data["label"] in [each["label"] for each in store.pipelines.values()]:
        raise Failure(409, "CONFLICT", f"A pipeline with the label {data['label']} already exists")
    stages = [(str(uuid.uuid4()), *stage_input(call, each)) for each in data["stages"]]
    pipeline = build(str(uuid.uuid4()), data["label"], data.get("displayOrder", 0), stages, call.now())
    store.pipelines[pipeline["id"]] = pipeline
    publish(store)
    return pipeline


def stage_input(call, data):
    """Return (label, metadata) of a stage to create."""
    metadata, needed = dict(data.get("metadata") or {}), REQUIRED_METADATA.get(call.object_type)
    if not data.get("label") or (needed and needed not in metadata):
        raise bad_input(f"a stage needs a label{f' and the metadata {needed}' if needed else ''}")
    if needed:
        metadata = chance(metadata[needed]) | metadata
    return data["label"], metadata

"""Actions that answer 202 with an id, and are done one after the other, later."""

from kit.wire import json_response

from .failures import Failure, not_found

PATH = "/v1/async-actions"


def start(project, kind, entries, do_one):
    """Begin an action for a list of entries, and return the 202.

    :param do_one: takes an entry. If it raises Failure, only this entry fails
    """
    action = {
        "id": project.new_id("aa_"),
        "type": kind,
        "status": "ENQUEUED",
        "operation_status": "UNKNOWN",
        "result": None,
        "created_at": project.clock.iso(),
        "updated_at": None,
        "request_id": project.new_id("v-"),
        "progress": 0,
        "processing_time": None,
        "object": "async_action",
    }
    project.async_actions[action["id"]] = action
    project.work.later(lambda: action.update(status="IN_PROGRESS"), share=0.5)
    project.work.later(lambda: finish(project, action, entries, do_one))
    return json_response(202, {"async_action_id": action["id"]})


def finish(project, action, entries, do_one):
    """Do it. DONE says nothing of the entries: some of them, or all, may have failed."""
    errors = []
    for entry in entries:
        try:
            do_one(entry)
        except Failure as failure:
            source_id = entry.get("source_id") if isinstance(entry, dict) else None
            about = {"message": failure.title, "details": failure.details or "", "key": failure.key}
            errors.append({**about, "source_id": str(source_id)})
    action.update(
        status="DONE",
        operation_status="FAILED" if errors and len(errors) == len(entries) else "SUCCESS",
        result=result_of(project, action, len(entries) - len(errors), errors),
        updated_at=project.clock.iso(),
        progress=100,
        processing_time=0,
    )


def result_of(project, action, done, errors):
    return {
        "done_count": done,
        "failed_count": len(errors),
        "reports": [f"https://download.voucherify.io/{action['id']}.csv"],
        "reports_available_till": project.clock.iso(project.clock.now() + 86_400),
        "errors": errors,
    }


def read(project, request, key):
    if key not in project.async_actions:
        raise not_found("async_action", key)
    return json_response(200, project.async_actions[key])


ROUTES = (("GET", f"{PATH}/{{key}}", read),)

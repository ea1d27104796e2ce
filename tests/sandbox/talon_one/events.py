"""Custom events. Those of v3 have an ID of the sender: the same one is accepted once."""

from kit.wire import Response, json_response

from . import answers, booking, profiles, rules
from .checks import body_of, check, check_attributes, check_list, choice, flag, given
from .failures import Failure, invalid, not_found, refused

EVENT = {
    "type": "string",
    "profileId": "string",
    "storeIntegrationId": "string",
    "evaluableCampaignIds": "array",
    "attributes": "object",
    "loyaltyCards": "array",
    "responseContent": "array",
}
ADVANCED = {**EVENT, "integrationId": "string", "connectedSessionId": "string"}
ADVANCED_CONTENT = (
    "customerProfile",
    "triggeredCampaigns",
    "loyalty",
    "advancedEvent",
    "awardedGiveaways",
    "ruleFailureReasons",
    "campaignEligibility",
    "achievements",
)


def track(deployment, request):
    """Answer with nothing, unless ``silent=no``."""
    data, content, is_dry, is_silent = read_event(deployment, request, EVENT, profiles.CONTENT)
    if not data.get("profileId"):
        raise invalid("Required", "profileId is required", "/profileId")
    with deployment.unchanged(is_dry):
        body = happen(deployment, data, content, "event")
    return Response(204) if is_silent else json_response(200, body)


def track_advanced(deployment, request):
    data, content, is_dry, _ = read_event(deployment, request, ADVANCED, ADVANCED_CONTENT)
    for name in ("integrationId", "profileId"):
        if not data.get(name):
            raise invalid("Required", f"{name} is required", f"/{name}")
    if data["integrationId"] in deployment.events:
        raise Failure(409, f"An advanced event with the ID {data['integrationId']} already exists")
    check_connection(deployment, data)
    with deployment.unchanged(is_dry):
        body = happen(deployment, data, content, "advancedEvent")
    return json_response(200, body)


def read_event(deployment, request, types, allowed):
    """Return (data, parts of the answer, whether it is dry, whether it is silent). Raises Failure."""
    data = body_of(request)
    check(data, types, required=("type",))
    data = given(data)
    check_list(data, "loyaltyCards", "string", "", most=1)
    if data["type"] not in deployment.settings["events"]:
        raise invalid("Unknown", f'The event "{data["type"]}" is not defined.', "/type")
    if data.get("loyaltyCards"):
        raise invalid("Unknown", "There is no card-based loyalty program", "/loyaltyCards/0")
    if data.get("storeIntegrationId") not in (None, *deployment.settings["stores"]):
        raise invalid("Unknown", "There is no such store", "/storeIntegrationId")
    check_attributes(deployment, "Event", data.get("attributes"))
    is_dry, is_silent = flag(request, "dry"), choice(request, "silent", ("yes", "no"), "yes") == "yes"
    if flag(request, "forceCompleteEvaluation") and not is_dry:
        raise invalid("Invalid value", "needs dry=true", parameter="forceCompleteEvaluation")
    return data, profiles.content_of(data, allowed, is_dry), is_dry, is_silent


def check_connection(deployment, data):
    """An event refers to a closed session only."""
    key = data.get("connectedSessionId")
    if key is None:
        return
    if key not in deployment.sessions or deployment.sessions[key]["state"] != "closed":
        raise refused("The connected session is not closed")


def happen(deployment, data, content, part):
    """Keep the event, run the rules and book what follows. Return the answer."""
    profile = profiles.ensure(deployment, data["profileId"])
    profiles.touch(deployment, profile)
    hidden = ("responseContent", "evaluableCampaignIds", "loyaltyCards")
    event = {
        "id": deployment.new_id(),
        "created": deployment.clock.iso(),
        "applicationId": deployment.settings["application_id"],
        "attributes": {},
        "effects": [],
        **{name: value for name, value in data.items() if name not in hidden},
    }
    deployment.events[data.get("integrationId") or event["id"]] = event
    found = rules.Evaluation(deployment, event=event).run()
    effects = booking.book(deployment, found.effects, data["profileId"])
    about = {"profile": profile, "effects": effects, "failures": found.failures}
    body = answers.state(deployment, content, event=event, **about)
    return body


def read_advanced(deployment, request, key):
    if key not in deployment.events:
        raise not_found("Event")
    return json_response(200, deployment.events[key])


ROUTES = (
    ("POST", "/v2/events", track),
    ("POST", "/v3/events", track_advanced),
    ("GET", "/v3/events/{key}", read_advanced),
)

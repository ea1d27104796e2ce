"""Customer profiles: created by whatever names one, changed one by one or in bulk, and never renamed."""

from kit.wire import Response, json_response

from . import answers
from .checks import body_of, check, check_attributes, check_list, choice, flag, given, merge_attributes
from .failures import invalid, not_found, refused

PATH = "/v2/customer_profiles"
MOST = 1_000
LONGEST_ID = 1_000
PROFILE = {
    "attributes": "object",
    "evaluableCampaignIds": "array",
    "audiencesChanges": "object",
    "responseContent": "array",
}
CONTENT = (
    "customerProfile",
    "triggeredCampaigns",
    "loyalty",
    "event",
    "awardedGiveaways",
    "ruleFailureReasons",
    "campaignEligibility",
    "achievements",
)


def existing(deployment, key):
    if key not in deployment.profiles:
        raise not_found("Customer profile")
    return deployment.profiles[key]


def ensure(deployment, key):
    """Return the profile, an empty new one if there is none."""
    if key not in deployment.profiles:
        if len(key) > LONGEST_ID:
            raise invalid("Too long", f"A profile's ID has at most {LONGEST_ID} characters", "/profileId")
        now = deployment.clock.iso()
        deployment.profiles[key] = {
            "id": deployment.new_id(),
            "integrationId": key,
            "created": now,
            "attributes": {},
            "accountId": deployment.settings["account_id"],
            "closedSessions": 0,
            "totalSales": 0,
            "loyaltyMemberships": None,
            "audienceMemberships": [],
            "lastActivity": now,
            "sandbox": False,
        }
    return deployment.profiles[key]


def touch(deployment, profile):
    profile["lastActivity"] = deployment.clock.iso()


# --- the API ---


def update(deployment, request, key):
    """Merge attributes. Without the rule engine, the answer has nothing but empty lists."""
    data = body_of(request)
    check(data, PROFILE)
    data = given(data)
    check_attributes(deployment, "CustomerProfile", data.get("attributes"))
    check_audiences(deployment, data.get("audiencesChanges") or {})
    runs_rules, is_dry = flag(request, "runRuleEngine"), flag(request, "dry")
    content = content_of(data, CONTENT, is_dry)
    if content and not runs_rules:
        raise refused("responseContent can only be used with runRuleEngine=true")
    with deployment.unchanged(is_dry and runs_rules):
        profile = ensure(deployment, key)
        change_audiences(deployment, profile, data.get("audiencesChanges") or {})
        merge_attributes(profile["attributes"], data.get("attributes"))
        if runs_rules:
            touch(deployment, profile)
        body = answers.state(deployment, content, profile=profile, kind="talon_profile_updated")
    return json_response(200, body)


def content_of(data, allowed, is_dry):
    """Return what the answer should have as well. Raises Failure."""
    check_list(data, "responseContent", allowed, "")
    content = set(data.get("responseContent") or ())
    if "campaignEligibility" in content and not is_dry:
        raise invalid("Invalid value", "campaignEligibility needs dry=true", "/responseContent")
    return content


def check_audiences(deployment, changes):
    """Check joining and leaving the audiences of the settings, {id: name}."""
    check(changes, {"adds": "array", "deletes": "array"}, at="/audiencesChanges")
    for name in ("adds", "deletes"):
        for key in changes.get(name) or ():
            if str(key) not in deployment.settings["audiences"]:
                raise invalid("Unknown", f"There is no audience {key}", f"/audiencesChanges/{name}")


def change_audiences(deployment, profile, changes):
    changed = {*(changes.get("deletes") or ()), *(changes.get("adds") or ())}
    kept = [each for each in profile["audienceMemberships"] if each["id"] not in changed]
    names = deployment.settings["audiences"]
    joined = [{"id": key, "name": names[str(key)]} for key in changes.get("adds") or ()]
    profile["audienceMemberships"] = kept + joined


def update_many(deployment, request):
    """The same for up to 1,000 profiles, all or none, without rules. The default is an answer without a body."""
    data = body_of(request)
    check(data, {"customerProfiles": "array"})
    is_silent = choice(request, "silent", ("yes", "no"), "yes") == "yes"
    entries = data.get("customerProfiles") or []
    if len(entries) > MOST:
        raise invalid("Too many items", f"At most {MOST} profiles", "/customerProfiles")
    for number, entry in enumerate(entries):
        at = f"/customerProfiles/{number}"
        if not isinstance(entry, dict):
            raise invalid("Invalid type", "must be of type object", at)
        check(entry, {"integrationId": "string", "attributes": "object"}, ("integrationId",), at)
        check_attributes(deployment, "CustomerProfile", entry.get("attributes"), at)
    changed = []
    for entry in entries:
        profile = ensure(deployment, entry["integrationId"])
        merge_attributes(profile["attributes"], entry.get("attributes"))
        changed.append({"customerProfile": profile})
    return Response(204) if is_silent else json_response(200, {"integrationStates": changed})


def delete_data(deployment, request, key):
    """Delete the attributes of the profile, and of what refers to it. The profile, its ID and its points stay."""
    existing(deployment, key)["attributes"].clear()
    referring = [*deployment.sessions.values(), *deployment.events.values()]
    for each in referring:
        if each["profileId"] == key:
            each["attributes"].clear()
    return Response(204)


ROUTES = (
    ("PUT", PATH, update_many),
    ("PUT", f"{PATH}/{{key}}", update),
    ("DELETE", "/v1/customer_data/{key}", delete_data),
)

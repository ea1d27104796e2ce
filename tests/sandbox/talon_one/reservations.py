"""Who has reserved a coupon, and all that a profile has."""

from kit.wire import Response, json_response

from . import answers, coupons, profiles
from .checks import body_of, check, check_list, flag
from .failures import not_found, refused

PATH = "/v1/coupon_reservations/{code}"


def existing(deployment, code):
    if code not in deployment.coupons:
        raise not_found("Coupon")
    return deployment.coupons[code]


def reservers(deployment, request):
    """Return the profiles that a request names. Raises Failure."""
    data = body_of(request)
    check(data, {"integrationIDs": "array"}, required=("integrationIDs",))
    check_list(data, "integrationIDs", "string", "", most=1_000)
    for key in data["integrationIDs"]:
        profiles.existing(deployment, key)
    return data["integrationIDs"]


def reserve(deployment, request, code):
    """Reserve for these profiles, whatever the limit of reservations is."""
    coupon, found = existing(deployment, code), reservers(deployment, request)
    reserved = list(dict.fromkeys([*coupon["reserved"], *found]))
    if not coupon["reservation"] and len(reserved) > 1:
        raise refused("The coupon can be reserved for one customer only")
    coupon["reserved"] = reserved
    return json_response(201, coupons.describe(coupon))


def release(deployment, request, code):
    coupon, found = existing(deployment, code), reservers(deployment, request)
    coupon["reserved"] = [each for each in coupon["reserved"] if each not in found]
    return Response(204)


def list_reservers(deployment, request, code):
    found = [deployment.profiles[key] for key in existing(deployment, code)["reserved"]]
    return json_response(200, {"totalResultSize": len(found), "data": found})


def inventory(deployment, request, key):
    """What a profile has: the parts that the arguments ask for."""
    profile, parts = profiles.existing(deployment, key), {}
    names = ("profile", "referrals", "coupons", "loyalty", "giveaways", "achievements")
    wanted = [name for name in names if flag(request, name)]
    if "profile" in wanted:
        parts["profile"] = profile
    if "loyalty" in wanted:
        parts["loyalty"] = answers.loyalty(deployment, key)
    if "coupons" in wanted:
        found = [
            each for each in deployment.coupons.values() if key in each["reserved"] or each["uses"].get(key)
        ]
        parts["coupons"] = [
            {**coupons.describe_for(each, key), "state": coupons.state_of(deployment, each, key)}
            for each in found
        ]
    parts |= {name: [] for name in ("referrals", "giveaways", "achievements") if name in wanted}
    return json_response(200, parts)


ROUTES = (
    ("POST", PATH, reserve),
    ("DELETE", PATH, release),
    ("GET", "/v1/coupon_reservations/customerprofiles/{code}", list_reservers),
    ("GET", "/v1/customer_profiles/{key}/inventory", inventory),
)

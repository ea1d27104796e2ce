"""Access tokens: forged ones are refused, however they are forged."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from odoo.addons.retail_hub.core import access_token
from odoo.addons.retail_hub.core.access_token import InvalidToken

ISSUER, AUDIENCE = "https://login.example.com/", "https://odoo.example.com"
OWN = b"k" * 32
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KINDS = {
    "RS256": (RSA_KEY, jwt.algorithms.RSAAlgorithm),
    "PS384": (RSA_KEY, jwt.algorithms.RSAAlgorithm),
    "ES256": (EC_KEY, jwt.algorithms.ECAlgorithm),
    "EdDSA": (ED_KEY, jwt.algorithms.OKPAlgorithm),
}


def public(algorithm, **more):
    private, kind = KINDS[algorithm]
    return {**json.loads(kind.to_jwk(private.public_key())), "kid": "k1", **more}


def claims(**changes):
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "shop",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def token(algorithm="RS256", key=None, headers=None, **changes):
    key = key or KINDS[algorithm][0]
    return jwt.encode(claims(**changes), key, algorithm, {"kid": "k1", **(headers or {})})


def raw(header, content, signature=b""):
    parts = (
        json.dumps(header).encode(),
        content if isinstance(content, bytes) else json.dumps(content).encode(),
    )
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


def read(text, algorithm="RS256", **more):
    return access_token.outside_claims(text, public(algorithm, **more), ISSUER, AUDIENCE)


def refuses(text, algorithm="RS256", **more):
    with pytest.raises(InvalidToken):
        read(text, algorithm, **more)
    return True


# -- outside issuers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_valid_token(algorithm):
    assert read(token(algorithm), algorithm)["sub"] == "shop"
    assert read(token(algorithm), algorithm, alg=algorithm)["sub"] == "shop"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example.com"},
        {"aud": None},
        {"aud": []},
        {"iss": "https://login.example.com"},
        {"iss": "https://evil.example.com/"},
        {"iss": None},
        {"exp": int(time.time()) - 31},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e400},
        {"exp": -(10**30)},
        {"nbf": int(time.time()) + 300},
        {"nbf": "x"},
        {"iat": int(time.time()) + 300},
        {"iat": []},
    ],
    ids=str,
)
def test_claims_that_do_not_fit(changes):
    assert refuses(token(**changes))


def test_clocks_may_differ_a_little():
    assert read(token(exp=int(time.time()) - 20))["sub"] == "shop"
    assert read(token(nbf=int(time.time()) + 20))["sub"] == "shop"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS256", "hs256", "RS1", None, 7])
def test_an_algorithm_of_the_token_is_not_believed(name):
    assert refuses(raw({"alg": name, "kid": "k1"}, claims()))


def test_a_public_key_as_a_shared_secret():
    """Algorithm confusion: everybody knows the public key, and could sign with it."""
    pem = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "kid": "k1"}
    unsigned = raw(header, claims()).rpartition(".")[0]
    for secret in (pem, pem.strip(), public("RS256")["n"].encode(), json.dumps(public("RS256")).encode()):
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            unsigned.encode(), secret
        )
        assert refuses(raw(header, claims(), signature))
        assert refuses(raw(header, claims(), signature), alg="HS256")


def test_a_symmetric_key_among_the_published_ones():
    secret = base64.urlsafe_b64encode(OWN).rstrip(b"=").decode()
    signed = jwt.encode(claims(), OWN, "HS256", {"kid": "k1"})
    with pytest.raises(InvalidToken):
        access_token.outside_claims(signed, {"kty": "oct", "k": secret, "kid": "k1"}, ISSUER, AUDIENCE)


def test_another_key():
    assert refuses(token(key=OTHER_RSA))
    assert refuses(token("ES256"))  # with the id of an RSA key
    assert refuses(token("RS256"), alg="PS256")  # the key is for another algorithm
    assert refuses(token("RS256"), alg="RS512")


def test_a_weak_key():
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    key = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key())), "kid": "k1"}
    with pytest.raises(InvalidToken):
        access_token.outside_claims(token(key=weak), key, ISSUER, AUDIENCE)


def test_what_was_changed_after_it_was_signed():
    header, content, signature = token().split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims(sub="admin")).encode()).rstrip(b"=").decode()
    assert refuses(f"{header}.{forged}.{signature}")
    assert refuses(f"{header}.{content}.{signature[:-6]}AAAAAA")
    assert refuses(f"{header}.{content}.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "a.b.c",
        "a.b.c.d",
        "\u00e9.\u00e9.\u00e9",
        "eyJhbGciOiJSUzI1NiJ9..",
        raw({"alg": "RS256"}, b"[]"),
        raw({"alg": "RS256"}, b'"x"'),
        raw({"alg": "RS256"}, b'{"iss": ["https://login.example.com/"]}'),
        raw({"alg": "RS256"}, b"[" * 4000),
        raw({"alg": "RS256", "kid": 7}, claims()),
        raw({"alg": "RS256", "kid": "k1", "crit": ["exp"]}, claims()),
        raw([], claims()),
        "A" * 100_000 + ".A.A",
        raw({"alg": "RS256"}, {"iss": ISSUER, "x": "y" * 20_000}),
    ],
    ids=lambda text: text[:20],
)
def test_no_tokens(text):
    with pytest.raises(InvalidToken):
        access_token.read_header(text)


def test_keys_are_found_by_their_id():
    keys = [{"kid": "a"}, {"kid": "b"}]
    assert access_token.find_key(keys, "b") == {"kid": "b"}
    assert access_token.find_key(keys, "c") is None
    assert access_token.find_key(keys, "") is None
    assert access_token.find_key(keys[:1], "") == {"kid": "a"}


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        ("a b", {"a", "b"}),
        (["a", "b", 7], {"a", "b"}),
        ("", set()),
        (None, set()),
        ({"a": 1}, set()),
        (7, set()),
    ],
)
def test_scopes(claim, wanted):
    assert access_token.scopes(claim) == wanted


# -- our own -----------------------------------------------------------------------------------------


def test_own():
    found = access_token.own_claims(access_token.issue(OWN, "k", {"sub": "7", "scope": "a"}), OWN)
    assert (found["sub"], found["scope"], found["exp"] - found["iat"]) == ("7", "a", 900)


def test_own_that_are_not():
    now = int(time.time())
    good = {"iss": "retail_hub", "aud": "retail_hub", "exp": now + 60}
    assert access_token.own_claims(jwt.encode(good, OWN, "HS256"), OWN)
    for text in (
        jwt.encode(good, b"x" * 32, "HS256"),
        jwt.encode({**good, "exp": now - 60}, OWN, "HS256"),
        jwt.encode({**good, "aud": AUDIENCE}, OWN, "HS256"),
        jwt.encode({**good, "iss": ISSUER}, OWN, "HS256"),
        jwt.encode(good, OWN * 2, "HS512"),
        jwt.encode(good, RSA_KEY, "RS256"),
        raw({"alg": "none"}, good),
    ):
        with pytest.raises(InvalidToken):
            access_token.own_claims(text, OWN)


def test_a_claim_of_the_caller_does_not_replace_one_of_ours():
    found = access_token.own_claims(access_token.issue(OWN, "k", {"iss": "x", "exp": 1}), OWN)
    assert found["iss"] == "retail_hub"

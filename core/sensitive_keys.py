"""What the name of a property says about its values: a secret, or personal data. Pure functions."""

import re

SECRET, EMAIL, PHONE, NAME = "secret", "email", "phone", "name"

# Anywhere in a key.
_SECRET_WORDS = (
    "authorization", "password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey",
    "credential", "cookie", "pwd", "passphrase", "passcode", "signature", "sessionid", "sessid",
)  # fmt: skip
# Whose name a ``…_name`` is, or whose VAT number a ``…_vat``. That of a product or an order is no personal data.
_PEOPLE = (
    "customer", "contact", "recipient", "holder", "cardholder", "partner", "client", "buyer", "user", "guest", "member",
    "person", "employee", "owner", "sender", "receiver", "first", "last", "middle", "given", "family", "full",
    "display", "maiden", "sur", "company", "billing",
)  # fmt: skip
# The last words of a key: the first words say whose it is, such as in ``billing_city``. Other words may follow in what
# is no personal data, such as ``email_opt_out``.
_ENDINGS = {
    **dict.fromkeys(("auth", "jwt", "hmac", "otp", "sig"), SECRET),
    **dict.fromkeys(
        ("email", "emails", "workemail", "emailaddress", "emailaddresses", "mailaddress", "recipient", "recipients"),
        EMAIL,
    ),
    **dict.fromkeys(
        ("phone", "phones", "mobile", "mobilephone", "workphone", "homephone", "cellphone", "telephone", "tel", "fax",
         "gsm", "msisdn", "whatsapp"),
        PHONE,
    ),
    **dict.fromkeys((whose + what for whose in _PEOPLE for what in ("name", "taxid", "vat")), NAME),
    **dict.fromkeys(
        ("address", "streetaddress", "street", "city", "zip", "zipcode", "postcode", "postalcode", "website", "dob",
         "birthdate", "birthday", "dateofbirth", "iban", "holder", "cardholder", "accountholder", "salesperson",
         "cashier"),
        NAME,
    ),
}  # fmt: skip
# Only as the whole key.
_KEYS = {
    **dict.fromkeys(
        ("name", "full", "given", "family", "company", "taxid", "vat", "vatnumber", "login"), NAME
    ),
    "mail": EMAIL,
}
_MOST_WORDS = 5  # of an ending, with a number
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]")
_NUMBER = re.compile(r"(?:numbers?|line)?\d{0,3}$")  # such as in phone_number_1
# Whoever reads the code of a gift card or coupon can spend it. Under the bare key ``code`` it is one only next to
# keys that cards and promotions have: elsewhere it names a warehouse, or an error.
_CODE_OF = ("giftcard", "coupon", "voucher", "ewallet", "promo", "loyalty", "cardcode", "cardnumber")
_CODE_KEYS = ("code", "codes", "number", "numbers")
_HAS_CODE = frozenset({"program_type", "trigger"})


def kind_of(key):
    """Return ``SECRET``, ``EMAIL``, ``PHONE`` or ``NAME`` (other personal data), or None; in any case and spelling."""
    words = [word.lower() for word in _WORD.findall(key)]
    name = "".join(words)
    if any(word in name for word in _SECRET_WORDS) or _is_code(name):
        return SECRET
    return _KEYS.get(name) or _kind_of_ending(words[-_MOST_WORDS:])


def names_code(siblings):
    """Say whether a bare key ``code`` next to these keys is that of a card or coupon."""
    return not _HAS_CODE.isdisjoint(siblings)


def _kind_of_ending(words):
    """Return the kind of the longest ending that has one."""
    endings = ("".join(words[start:]) for start in range(len(words)))
    found = (_ENDINGS.get(_NUMBER.sub("", ending)) for ending in endings)
    return next(filter(None, found), None)


def _is_code(name):
    return name.endswith(_CODE_KEYS) and any(owner in name for owner in _CODE_OF)

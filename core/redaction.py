"""Masking of secrets and personal data before they reach a log, an attempt or a message. Pure functions."""

import html
import re
from functools import lru_cache
from urllib.parse import unquote

MASK = "***"
MAX_LEVELS = 8  # of escapes within escapes; a text with more is masked as a whole

_SECRET_WORDS = (
    "authorization", "password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey",
    "credential", "cookie",
)  # fmt: skip
_EMAIL_KEYS = frozenset({"email", "emails", "workemail", "hsadditionalemails", "recipient"})
_PHONE_KEYS = frozenset({"phone", "phones", "mobile", "mobilephone", "fax", "phonenumber", "msisdn"})
_NAME_KEYS = frozenset({
    "name", "full", "given", "family", "firstname", "lastname", "fullname", "displayname", "company",
    "companyname", "address", "street", "street2", "city", "zip", "postalcode", "taxid", "vat", "website",
    "birthdate", "dateofbirth", "iban", "salesperson", "cashier",
})  # fmt: skip
# Whoever reads the code of a gift card or coupon can spend it. Under the bare key ``code`` it is one only next to
# keys that cards and promotions have: elsewhere it names a warehouse, or an error.
_CODE_OF = ("giftcard", "coupon", "voucher", "ewallet", "promo", "loyalty", "cardcode", "cardnumber")
_CODE_KEYS = ("code", "codes", "number", "numbers")
_HAS_CODE = frozenset({"program_type", "trigger"})

# Cheapest test first. Most values are words, amounts and dates, in which nothing below can be found.
_HARMLESS = re.compile(
    r"[a-zA-Z]*|-?(?:0|[1-9]\d{0,6})(?:\.\d{1,6})?|\d{4}-\d\d-\d\d(?:T[\d:.]{1,15}Z?)?"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_ESCAPED = re.compile(r"%[0-9a-f]{2}|%u[0-9a-f]{4}|&#\w|&[a-z]{2}|\\[\\ux\"'/]", re.IGNORECASE)
# Escaped repeatedly, such as %252540, &amp;amp;#64; or \\\\u0040: taken off at once. All patterns take linear time.
_PERCENT_AGAIN = re.compile(r"%(?:25)+(?=[0-9a-f]{2}|u[0-9a-f]{4})", re.IGNORECASE)
_AMPERSAND_AGAIN = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_CODE_POINT = re.compile(
    r"(?<!\\)\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2})|u\{0*([0-9a-f]{1,6})\})"
    r"|%u([0-9a-f]{4})|&\#x0*([0-9a-f]{1,6})(?![0-9a-f]);?",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"&#0*(\d{1,7})(?!\d);?")
_ENTITY = re.compile(r"&[a-z][a-z0-9]{1,31};?", re.IGNORECASE)
_QUOTE = re.compile(r"""(?<!\\)\\+(["'/])""")
_QUOTED_PRINTABLE = re.compile(r"(?:=[0-9a-f]{2})+", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"=[ \t]{0,10}\r?\n")
_LAST_CODE_POINT = 0x10FFFF
# Text without any of these characters or words has nothing to mask.
_SUSPICIOUS = re.compile(
    r"@|\d{2}|bearer|basic|authorization|key|token|secret|password|whsec|pat-|[sp]k[-_]|eyJ", re.IGNORECASE
)
_SENSITIVE = re.compile(
    r"""(?P<email>(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*)
      | (?P<header>\b(?:authorization|x-[\w-]{0,40}?(?:key|token|secret|signature))["']?\s{0,10}:\s{0,10}["']?
          (?:(?:Basic|Bearer|Digest|Token|ApiKey(?:-v1)?|OAuth|Negotiate|Signature)\ {1,10})?)
          [^\s"'&,;}]+(?:\ {1,10}[^\s"'&,;}]{6,})?
      | (?P<scheme>\b(?:Bearer|Basic|ApiKey-v1)\s+)[\w.~+/=:-]{6,}
      | (?P<assign>\b(?:access_token|refresh_token|token|api[_-]?key|hapikey|client_secret|secret|password)
          (?: ["']\s{0,10}[=:]\s{0,10}["']? | \s{0,10}=\s{0,10}["']? | \s{0,10}:\s{0,10}["']
            # In a sentence, "access token: expired" names no secret.
            | \s{0,10}:\s{0,10}(?=[^\s"'&,;}]{20} | [^\s"'&,;}\d]{0,20}\d) ))[^\s"'&,;}]+
      | (?P<token>\b(?:pat|whsec|sk|pk)[-_][\w+/=-]{12,} | (?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*)
      | (?P<phone>(?<![\w.:/@-])(?:
            (?:\+|00)[1-9](?:[\s().\-/]{0,2}\d){6,13}
          | \(?0[1-9](?:[\s().\-/]{0,2}\d){7,9}
          | \(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}
        )(?![\w-]))
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(value):
    """Return a copy of JSON-able data with secrets replaced and personal data masked.

    Keys decide first (canonical names and those of remote properties, whatever their case and separators);
    what is left is searched for e-mail addresses, telephone numbers and tokens.
    """
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return _redact_entries(value)
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


def redact_text(text):
    """Mask e-mail addresses, telephone numbers and secrets in a message; ids and dates stay readable."""
    if _HARMLESS.fullmatch(text):
        return text
    masked = _masked(text)
    for read in (decode, decode_quoted_printable):
        decoded = read(masked)
        if decoded is None:
            return MASK
        masked_again = _masked(decoded)
        masked = masked if masked_again == decoded else masked_again
    return masked


def _masked(text):
    return _SENSITIVE.sub(_replacement, text) if _SUSPICIOUS.search(text) else text


def decode(text):
    """Return a text without percent, HTML and JSON escapes, in which the same values may come back.

    :return: None if there are more levels of escapes than anybody needs
    """
    for _level in range(MAX_LEVELS):
        if not _ESCAPED.search(text):
            return text
        decoded = _decode_once(text)
        if decoded == text:
            return text
        text = decoded
    return text if _decode_once(text) == text else None


def decode_quoted_printable(text):
    """As :func:`decode`, for a text that may be part of an e-mail. It also changes parameters of a URL."""
    if not _QUOTED_PRINTABLE.search(text):
        return text
    joined = _SOFT_BREAK.sub("", text)
    return decode(_storable(_QUOTED_PRINTABLE.sub(_quoted_characters, joined)))


def _decode_once(text):
    text = _AMPERSAND_AGAIN.sub("&", _PERCENT_AGAIN.sub("%", text))
    text = _DECIMAL.sub(lambda match: _character(int(match[1])), _CODE_POINT.sub(_code_point, text))
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), unquote(text))
    return _storable(_QUOTE.sub(r"\1", text))


def _code_point(match):
    return _character(int(match[match.lastindex], 16))


def _character(number):
    return chr(number) if number <= _LAST_CODE_POINT else ""


def _quoted_characters(match):
    return bytes.fromhex(match[0].replace("=", "")).decode(errors="replace")


def _storable(text):
    """Return a text with surrogates joined to characters, and without what a database does not store."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def mask_values(text, values):
    """Mask these values in a message, in any case and however they are escaped.

    :param values: texts, such as the personal properties of a request
    """
    values = sorted(set(values), key=len, reverse=True)
    for read in (decode, decode_quoted_printable):
        decoded = read(text)
        if decoded is None:
            return MASK
        if decoded != text and any(value.casefold() in decoded.casefold() for value in values):
            text = decoded
    for value in values:
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return text


def is_personal(key, siblings=()):
    """Say whether the values under a key (a property name) are personal data or a secret.

    :param siblings: the keys next to it
    """
    return _masker(key) is not None or (key == "code" and not _HAS_CODE.isdisjoint(siblings))


def mask_email(text):
    """``anna@example.com`` → ``a***@e***.com``"""
    local, _at, domain = text.partition("@")
    if not domain:
        return mask_name(text)
    return f"{local[:1]}{MASK}@{domain[:1]}{MASK}.{domain.rpartition('.')[2]}"


def mask_phone(text):
    """``+32470123456`` → ``+32*****56``"""
    return f"{text[:3]}*****{text[-2:]}" if len(text) > 6 else MASK


def mask_name(text):
    """``Anna`` → ``A***``"""
    return f"{text[:1]}{MASK}" if text else text


def _mask_secret(text):
    return MASK if text else text


@lru_cache(maxsize=4096)
def _masker(key):
    """Return the function that masks strings under this key, or None."""
    if not isinstance(key, str):
        return None
    plain = key.lower().replace("_", "").replace("-", "").replace(" ", "")
    if any(word in plain for word in _SECRET_WORDS) or _is_code(plain):
        return _mask_secret
    if plain in _EMAIL_KEYS:
        return mask_email
    if plain in _PHONE_KEYS:
        return mask_phone
    return mask_name if plain in _NAME_KEYS else None


def _is_code(plain):
    return plain.endswith(_CODE_KEYS) and any(owner in plain for owner in _CODE_OF)


def _redact_entries(entries):
    redacted = {key: _redact_entry(key, item) for key, item in entries.items()}
    if entries.get("code") and is_personal("code", entries):
        redacted["code"] = MASK
    return redacted


def _redact_entry(key, value):
    masker = _masker(key)
    if masker is None:
        return redact(value)
    if masker is _mask_secret:
        return MASK if value else value
    return _mask(value, masker)


def _mask(value, masker):
    if isinstance(value, str):
        return masker(value) if value else value
    if isinstance(value, (list, tuple)):
        return [_mask(item, masker) for item in value]
    if isinstance(value, dict):
        return _redact_entries(value)
    return value


def _replacement(match):
    kind, text = match.lastgroup, match.group()
    if kind == "email":
        return mask_email(text)
    if kind == "phone":
        return mask_phone(text)
    if kind == "token":
        return MASK
    return match.group(kind) + MASK

"""Masking of secrets and personal data before they reach a log, an attempt or a message. Pure functions."""

import re
from functools import lru_cache

from .escapes import decode, decode_quoted_printable, plain
from .sensitive_keys import EMAIL, NAME, PHONE, SECRET, kind_of, names_code

MASK = "***"

# Cheapest test first. Most values are words, amounts and dates, in which nothing below can be found.
_HARMLESS = re.compile(
    r"[a-zA-Z]{0,19}|-?(?:0|[1-9]\d{0,6})(?:\.\d{1,6})?|\d{4}-\d\d-\d\d(?:T[\d:.]{1,15}Z?)?"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
# Text without any of these characters or words has nothing to mask.
_SUSPICIOUS = re.compile(
    r"@|\d{2}|bearer|basic|auth|key|token|secret|passw|pwd|passphrase|passcode|credential|cookie|sig|jwt|sess|hmac|otp"
    r"|whsec|eyJ|AKIA|ASIA|AIza|xox|gh[a-z]_|shp[a-z]{2}_|pat[-_]|[spr]k[-_]|rhk_|npm_|SG\.",
    re.IGNORECASE,
)
_KEYS_OF_VALUES = r"""(?=[achjopst])(?:  # or the end of one, such as of accessToken
        (?:token|secret|passw(?:or)?d|passphrase|credential|cookie|signature)(?:s|[_-]?(?:key|value))?
      | pwd | passcode | (?:api|access|private)[\s_-]?keys? | hapikey | jwt | sess(?:ion)?[\s_-]?id
      | (?<![a-z])(?:auth|hmac|otp|sig))(?:\[\w{0,20}\])?(?:\s{1,10}(?:is|was))?"""
_VALUE = r"""(?: (?<=["'])[^"'\r\n]{1,2000} | (?<=[\[({<])[^\])}>]{1,2000} | (?![\[({<\])>])[^\s"'&,;}<]+ )"""
_NOT_A_WORD = r"""(?=[^\s"'&,;}]{20} | [^\s"'&,;}\d]{0,20}\d)"""
_SIGN = r"[\w~+/=-]"
_EU = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
_OTHERS_WITH_IBAN = "AD|AE|AL|BA|CH|GE|IL|IS|LI|MC|MD|ME|MK|NO|RS|SA|SM|TR|UA"
# Each name is what is found; the rest of its group is what is masked. All take linear time: what repeats has a bound,
# or cannot start within itself. Long lists of alternatives stand behind a cheap test of the first characters.
_PATTERNS = {
    "email": r"""(?:"[^"\s][^"\r\n]{0,62}" | (?<![\w.+%\u0300-\u036f-])[\w.+%\u0300-\u036f-]+)
        @(?:\[[\w.:-]{1,60}\] | [\w\u0300-\u036f-]+(?:\.[\w\u0300-\u036f-]+)*)""",
    # The rest of the line, since cookies and signatures have several parts.
    "line": r"""(?:\b(?:set-)?cookie2?["']?\s{0,50}:\s{0,50}["']?(?=[^\s"'=;,]{1,100}=)
        | -signature(?:-\w{1,10})?["']?\s{0,50}:\s{0,50}["']?)(?P<line_value>[^\r\n"']+)""",
    "header": r"""\b(?:authorization | x-[\w-]{0,40}?(?:key|token|secret))["']?\s{0,50}:\s{0,50}["']?
        (?:(?:Basic|Bearer|Digest|Token|ApiKey(?:-v1)?|OAuth|Negotiate|Signature)\s{1,50})?
        (?P<header_value>[^\s"'&,;}]+(?:\ {1,10}[^\s"'&,;}]{6,})?)""",
    # "Basic" and "bearer" are words, too: "Basic authentication is off", "the bearer token is missing".
    "scheme": r"""\b(?:(?:Bearer|ApiKey-v1)\s+(?!(?:tokens?|auth\w*|access|credentials?|scheme|realm|header)\b)
        | Basic\s+(?=[\w.~+/=:-]{20} | [a-z~+/]{0,20}[\d=:] | (?-i:[\w+/]{0,20}[a-z][A-Z])))
        (?P<scheme_value>[\w.~+/=:-]{6,})""",
    "element": rf"""<(?:[\w.:-]{{0,40}}?){_KEYS_OF_VALUES}(?:\s[^<>]{{0,200}})?>\s{{0,50}}(?:<!\[CDATA\[)?
        (?P<element_value>[^<\]]+)""",
    "assign": rf"""{_KEYS_OF_VALUES}
        (?: ["']\s{{0,50}}[=:]\s{{0,50}} | \s{{0,50}}=\s{{0,50}} | \s{{0,50}}:\s{{0,50}}(?=["'\[{{])
          # In a sentence, "access token: expired" names no secret.
          | \s{{0,50}}:\s{{0,50}}{_NOT_A_WORD} )["'\[({{<]?(?P<assign_value>{_VALUE})""",
    # In "invalid token abc123def456". Words have no digits, and a date is no token.
    "named": rf"""{_KEYS_OF_VALUES}\s{{1,10}}["'`\[({{<]?(?!\d{{4}}-\d\d-\d\d)
        (?P<named_value>(?=[\w.~+/=-]{{10}})(?=[\w.~+/=-]{{0,64}}?\d){_SIGN}+(?:\.{_SIGN}+)*)""",
    "pem": r"""-----BEGIN\s[A-Z\s]{0,30}PRIVATE\sKEY(?:\sBLOCK)?-----(?P<pem_value>(?:(?!-----)[\s\S]){1,20000})""",
    "token": r"""(?P<token_value>(?<![a-z0-9])(?:
        (?:pat|whsec|sk|pk|rk|rhk|glpat|github_pat)[-_][\w+/=-]{12,} | (?:gh[a-z]|npm)_\w{16,} | shp[a-z]{2}_\w{16,}
      | xox[a-z]-[\w-]{8,} | (?-i:A[KS]IA[A-Z0-9]{16,}|AIza[\w-]{30,})
      | (?-i:SG\.[\w-]{16,64}\.[\w-]{16,64}) | ya29\.[\w.-]{10,}
      | (?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*))""",
    "iban": rf"""(?P<iban_value>(?<![\w-])(?-i:(?=[A-Z]{{2}}\d\d)(?:{_EU}|{_OTHERS_WITH_IBAN})\d\d
        (?=(?:[ ]?[A-Z0-9]){{11}})(?=(?:[^\d\n]{{0,6}}\d){{8}})(?:[ ]?[A-Z0-9]{{4}}){{2,7}}(?:[ ]?[A-Z0-9]{{1,3}})?)
        (?![\w-]))""",
    # But for the numbers of parcels, such as RR123456789BE.
    "vat": rf"""(?P<vat_value>(?<![\w/-])(?-i:(?=[A-Z]{{2}})(?:{_EU})[ ]?(?!\d{{9}}[A-Z]{{2}})
        (?: (?=[A-Z0-9]{{0,2}}\d{{7}})[A-Z0-9]{{8,12}} | [01]\d{{3}}[. ]\d{{3}}[. ]\d{{3}} ))(?![\w-]))""",
    # After a slash or a colon, digits are an id or a time, unless they have a plus sign, or a word before the colon.
    "phone": r"""(?: (?<![\w+])\+[1-9](?:[\s().\-/]{0,2}\d){6,13}
      | (?<![\w.@/-])(?<![^a-z]:)(?: 00[1-9](?:[\s().\-/]{0,2}\d){6,13}
          | \(?0[1-9](?:[\s().\-/]{0,2}\d){7,9}
          | \(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4} )
    )(?:x\d{1,6})?(?![\w-])""",
}
_SENSITIVE = re.compile(
    "|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()), re.IGNORECASE | re.VERBOSE
)


def redact(value):
    """Return a copy of JSON-able data with secrets replaced and personal data masked.

    Keys decide first (canonical names and those of remote properties, whatever their case and separators);
    what is left is searched as :func:`redact_text` does.
    """
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return _redact_entries(value)
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


def redact_text(text):
    """Mask email addresses, telephone, bank account and VAT numbers, and secrets in a message.

    Ids and dates stay readable.
    """
    if _HARMLESS.fullmatch(text):
        return text
    masked = text
    # Without escapes first: of a value that is escaped in part, only a part would be found.
    for read in (decode, str, decode_quoted_printable):
        decoded = read(masked)
        if decoded is None:
            return MASK
        if decoded == masked and read is not str:
            continue
        decoded = plain(decoded)
        masked_again = _masked(decoded)
        masked = masked if masked_again == decoded else masked_again
    return masked


def _masked(text):
    return _SENSITIVE.sub(_replacement, text) if _SUSPICIOUS.search(text) else text


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
    return _masker(key) is not None or (key == "code" and names_code(siblings))


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


_MASKERS = {SECRET: _mask_secret, EMAIL: mask_email, PHONE: mask_phone, NAME: mask_name}


@lru_cache(maxsize=4096)
def _masker(key):
    """Return the function that masks strings under this key, or None."""
    return _MASKERS.get(kind_of(key)) if isinstance(key, str) else None


@lru_cache(maxsize=4096)
def _masked_key(key):
    return redact_text(key) if isinstance(key, str) else key


def _redact_entries(entries):
    redacted = {_masked_key(key): _redact_entry(key, item) for key, item in entries.items()}
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
    start, end = match.span(f"{kind}_value")
    return text[: start - match.start()] + MASK + text[end - match.start() :]

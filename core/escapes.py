"""Reading text that is escaped or disguised, as values may come back from a remote. Pure functions in linear time."""

import html
import re
import unicodedata
from urllib.parse import unquote

MAX_LEVELS = 8  # of escapes within escapes

_SIGNS = "%&\\"  # each escape has one of them
_ESCAPED = re.compile(r"%[0-9a-f]{2}|%u[0-9a-f]{4}|&#\w|&[a-z]{2}|\\[\\ux\"'/]", re.IGNORECASE)
# Escaped repeatedly, such as %252540, &amp;amp;#64; or \\\\u0040: taken off at once.
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
_MINUS = "\N{MINUS SIGN}"


def decode(text):
    """Return a text without percent, HTML and JSON escapes, in which the same values may come back.

    :return: None if there are more levels of escapes than anybody needs
    """
    for _level in range(MAX_LEVELS):
        if not any(sign in text for sign in _SIGNS) or not _ESCAPED.search(text):
            return text
        decoded = _decode_once(text)
        if decoded == text:
            return text
        text = decoded
    return text if _decode_once(text) == text else None


def decode_quoted_printable(text):
    """As :func:`decode`, for a text that may be part of an email. It also changes parameters of a URL."""
    if "=" not in text or not _QUOTED_PRINTABLE.search(text):
        return text
    joined = _SOFT_BREAK.sub("", text)
    return decode(_storable(_QUOTED_PRINTABLE.sub(_quoted_characters, joined)))


def plain(text):
    """Return a text with ordinary signs for those that look alike, and without those that are not seen.

    Digits, dashes, blanks and letters of other widths become ASCII. Zero-width characters are left out.
    """
    return text if text.isascii() else text.translate(_PLAIN)


class _PlainCharacters(dict):
    """``{code point: text, or None to leave it out}``, filled when a character is first met.

    One by one: to normalize a whole text takes quadratic time if it has many combining characters.
    """

    def __missing__(self, code):
        self[code] = found = _plain_character(chr(code))
        return found


def _plain_character(character):
    category = unicodedata.category(character)
    if category == "Cf":
        return None
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd" or character == _MINUS:
        return "-"
    if category == "Zs":
        return " "
    alike = unicodedata.normalize("NFKC", character)
    return alike if alike.isascii() else character


_PLAIN = _PlainCharacters()


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

"""Email addresses: which ones mail can reach, and whether a text has one as it stands."""

import re
import unicodedata

LOCAL_PART = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII
)  # RFC 5321: Dot-string
LOCAL_LENGTH, LABEL_LENGTH, LENGTH = 64, 63, 254  # RFC 5321, RFC 1035, RFC 3696 erratum 1690
# Unicode counts these as letters or marks, but they are blank.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def is_email_address(address):
    """Return whether a text is an email address that mail servers and remote systems accept.

    International domains are, in letters or in ASCII; quoted local parts, domains without a dot and addresses of
    hosts by number in brackets are not.
    """
    local, _at, domain = address.rpartition("@")
    if len(local) > LOCAL_LENGTH or not LOCAL_PART.fullmatch(local):
        return False
    labels = [_ascii_label(label) for label in domain.split(".")]
    return len(labels) > 1 and all(labels) and len(".".join([local, *labels])) <= LENGTH


def is_as_typed(address, text):
    """Return whether the address stands in the text as it is: not as parsed from parts that were typed differently.

    :param address: in lower case
    """
    before, found, after = text.lower().partition(address)
    if not found or re.match(r"[\w@-]|\.\w", after) or re.search(r"[\w.@+-]$", before):
        return False
    # ``ann,lee@example.com`` is no address of lee@example.com.
    return "@" in before or not re.search(r"\S[,;]$", before)


def _ascii_label(label):
    """Return a label of a domain in ASCII; empty if it is none."""
    if not label or label[0] == "-" or label[-1] == "-" or not all(map(_is_of_label, label)):
        return ""
    encoded = label if label.isascii() else "xn--" + label.encode("punycode").decode()
    return encoded if len(encoded) <= LABEL_LENGTH else ""


def _is_of_label(char):
    if char.isascii():
        return char.isalnum() or char == "-"
    is_shown = char not in BLANKS and not SELECTORS.match(char)
    return is_shown and unicodedata.category(char) in ("Ll", "Lm", "Lo", "Mc", "Mn", "Nd")

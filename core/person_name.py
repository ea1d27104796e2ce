"""Names of people: what is given name, family name and suffix in a name that is one text."""

import re
from typing import NamedTuple

# With and without dots, in any case. Not MA and BA: Ma and Ba are given names.
SUFFIX = re.compile(
    "jr|sr|ii|iii|iv|esq|phd|dphil|edd|md|dds|dmd|dvm|do|od|rn|np|pa|jd|llm|llb|mba|msc|bsc|cpa|cfa|pe|pmp",
    re.IGNORECASE,
)
GIVEN_NAMES = frozenset({"Md", "Do", "Pa", "Pe"})  # spelled like this, they are not suffixes
WITHOUT_COMMA = frozenset({"Jr", "Sr", "II", "III", "IV", "PhD", "MD", "Esq"})
# What comes after the comma in the name of a company: its legal form, or partners. Not Co, which is a given name.
OF_COMPANY = re.compile(
    r"(inc|incorporated|llc|llp|ltd|limited|plc|corp|corporation|gmbh|bv|nv|srl|sarl|spa)|.*&.*",
    re.IGNORECASE,
)


class PersonName(NamedTuple):
    """The name as people read it, its given name, and its family name, without the suffix."""

    full: str
    given: str
    family: str


def person_name(text):
    """Return the parts of a name: ``Ann Lee``, ``Lee, Ann``, each with or without suffixes such as ``, PhD``.

    The family name is what comes before a comma, or else the last word. All blanks separate words, also those that
    do not break lines. The name of a company has no parts: ``Lamps, Inc.``
    """
    words = " ".join(text.split())
    parts = [part for part in (each.strip() for each in words.split(",")) if part]
    suffixes = []
    while len(parts) > 1 and _is_suffix(parts[-1]):
        suffixes.insert(0, parts.pop())
    if len(parts) > 1 and OF_COMPANY.fullmatch(parts[-1].replace(".", "")):
        return PersonName(", ".join(parts), "", ", ".join(parts))
    if len(parts) == 2:
        family, given = (_without_suffix(part, 1) for part in parts)
        suffixes = [*(_suffix_of(part) for part in parts), *suffixes]
        return PersonName(", ".join([f"{given} {family}", *filter(None, suffixes)]), given, family)
    given, _space, family = _without_suffix(", ".join(parts), 2).rpartition(" ")
    return PersonName(", ".join([*parts, *suffixes]), given.rstrip(","), family)


def _is_suffix(part):
    return all(
        SUFFIX.fullmatch(word.replace(".", "")) and word not in GIVEN_NAMES for word in part.split(" ")
    )


def _suffix_of(name):
    """Return ``Jr.`` of ``Smith Jr.``."""
    return name.removeprefix(_without_suffix(name, 1)).strip()


def _without_suffix(name, least):
    """Return ``John Smith`` of ``John Smith Jr.``.

    :param least: how many words are left at least
    """
    words = name.split(" ")
    while len(words) > least and words[-1].replace(".", "") in WITHOUT_COMMA:
        words.pop()
    return " ".join(words)

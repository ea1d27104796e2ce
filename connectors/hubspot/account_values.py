"""Values as one account takes them: dates as moments of the same day, and languages that the account has.

HubSpot shows the date of a property with a time of day in the timezone of the account or of the reader.
"""

import re
from datetime import date

from ...core import zones

# Codes of one language, of which an account may have either.
_SYNONYMS = {"fil": "tl", "nb": "no"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# Those of the default mapping, should the properties of the account not have been read yet.
_DATETIMES = frozenset({"hs_invoice_date", "hs_due_date", "hs_payment_date"})


class AccountValues:
    """What is known about an account: its timezone, and its properties as last read.

    :param settings: of the connector
    """

    def __init__(self, settings):
        self.zone = zones.find(settings.time_zone)
        self.known = settings.remote_properties
        self._datetimes = {}

    def fit(self, object_name, languages, properties):
        """Return (properties to send, warnings about properties that are left out).

        :param languages: the names of properties with a language
        :param properties: ``{name: text}``
        """
        fitting, warnings = dict(properties), []
        for name in self._datetimes_of(object_name) & properties.keys():
            fitting[name] = self._moment(properties[name])
        for name in languages & properties.keys():
            code = properties[name]
            fitting[name] = self._language(object_name, name, code) if code else code
            if fitting[name] is None:
                del fitting[name]
                warnings.append(left_out(name, code))
        return fitting, warnings

    def _moment(self, text):
        """Return a date as a moment; any other text as it is."""
        if not _DATE.fullmatch(text):
            return text
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return zones.moment_on(day, self.zone).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _datetimes_of(self, object_name):
        """Return the names of an object's properties with a time of day."""
        if object_name not in self._datetimes:
            known = self.known.get(object_name, {})
            names = {name for name, each in known.items() if each.type == "datetime"}
            self._datetimes[object_name] = frozenset(names | (_DATETIMES - known.keys()))
        return self._datetimes[object_name]

    def _language(self, object_name, name, code):
        """Return the option for a language: with its region, or else without; None if there is neither."""
        remote = self.known.get(object_name, {}).get(name)
        if not remote or not remote.options:
            return code
        options = {option.lower(): option for option in remote.options}
        language, dash, region = code.partition("-")
        synonym = _SYNONYMS.get(language, language)
        codes = (code, language, f"{synonym}{dash}{region}", synonym)
        return next((options[each] for each in codes if each in options), None)


def left_out(name, code):
    """Return the warning about a language that the account does not have."""
    return f"The language {code} was left out, because the property {name} in HubSpot has no such option."

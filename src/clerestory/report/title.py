"""Titles that the program made and stored, said in the reader's language. Refuses to touch what a person typed."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_MADE: tuple[tuple[re.Pattern[str], str | Promise], ...] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (r"(?P<id>\S+) analysed as (?P<word>[a-z ]+): (?P<rest>.+)", _("%(id)s analysed as %(word)s: %(rest)s")),
        (r"(?P<id>[a-z_-]+\.[a-z_-]+) failed for (?P<rest>.+)", _("%(id)s failed for %(rest)s")),
        (r"(?P<id>NC-\d+) (?P<check>[a-z_-]+\.[a-z_-]+) failed for (?P<rest>.+)",
         _("%(id)s %(check)s failed for %(rest)s")),
        (r"Risk criteria (?P<id>\d+)", _("Risk criteria %(id)s")),
        (r"Method of risk assessment (?P<id>\d+)", _("Method of risk assessment %(id)s")),
        (r"Description of the management system (?P<id>.+)", _("Description of the management system %(id)s")),
        (r"Quality criteria (?P<id>\S+) for (?P<rest>\S+)", _("Quality criteria %(id)s for %(rest)s")),
        (r"Datasheet (?P<id>\S+) of (?P<rest>\S+)", _("Datasheet %(id)s of %(rest)s")),
        (r"Data management procedure (?P<id>\S+)", _("Data management procedure %(id)s")),
        (r"(?P<id>A(?:\.\d+)+) applies", _("%(id)s applies")),
        (r"(?P<id>A(?:\.\d+)+) is excluded", _("%(id)s is excluded")),
        (r"Statement of Applicability, version (?P<id>\d+)", _("Statement of Applicability, version %(id)s")),
        (r"(?P<id>\S+/\S+) loosened until (?P<rest>[\d-]+)", _("%(id)s loosened until %(rest)s")),
        (r"Duties around (?P<id>\S+)", _("Duties around %(id)s")),
        (r"Taking back (?P<rest>.+)", _("Taking back %(rest)s")),
    )
)  # fmt: skip


def title_said(title: str) -> str:
    """Return a stored title in the reader's language, where the program made it."""
    for pattern, text in _MADE:
        found = pattern.fullmatch(title)
        if found is not None:
            return str(text) % _parts(found.groupdict())
    return title


def _parts(found: Mapping[str, str]) -> Mapping[str, str]:
    word = found.get("word")
    return found if word is None else {**found, "word": gettext(word)}

"""Titles that the program made and stored, said in the reader's language. Refuses to touch what a person typed."""

import re
from collections.abc import Mapping
from datetime import date

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.document.words import days_said

_LEVELS = {
    "low": pgettext_lazy("level of risk", "low"),
    "medium": _("medium"),
    "high": _("high"),
    "very high": _("very high"),
}
_MADE: tuple[tuple[re.Pattern[str], str | Promise], ...] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (r"(?P<id>\S+) analysed as (?P<level>[a-z ]+): (?P<rest>.+)", _("%(id)s analysed as %(level)s: %(rest)s")),
        (r"(?P<id>\S+) to (?P<word>avoid|modify|share|retain): (?P<rest>.+)",
         _("%(id)s, treatment %(word)s: %(rest)s")),
        (r"(?P<id>\S+) accepted at (?P<level>[a-z ]+) until (?P<day>[\d-]{10}): (?P<rest>.+)",
         _("%(id)s accepted at %(level)s until %(day)s: %(rest)s")),
        (r"(?P<id>\S+) carried out: (?P<rest>.+)", _("%(id)s carried out: %(rest)s")),
        (r"(?P<id>\S+) judged: (?P<rest>.+)", _("%(id)s judged: %(rest)s")),
        (r"Risk assessment (?P<id>\d+) of (?P<rest>\S+)", _("Risk assessment %(id)s of %(rest)s")),
        (r"Treatment plan (?P<id>\d+): (?P<n>\d+) risks", _("Treatment plan %(id)s: %(n)s risks")),
        (r"Plan for risks and opportunities (?P<id>\d+): (?P<n>\d+) actions",
         _("Plan for risks and opportunities %(id)s: %(n)s actions")),
        (r"Process of risk treatment (?P<id>\d+)", _("Process of risk treatment %(id)s")),
        (r"(?P<rest>.+): threat review (?P<id>\d+)", _("%(rest)s: threat review %(id)s")),
        (r"(?P<id>[a-z_-]+\.[a-z_-]+) failed for (?P<rest>.+)", _("%(id)s failed for %(rest)s")),
        (r"(?P<id>NC-\d+) (?P<check>[a-z_-]+\.[a-z_-]+) failed for (?P<rest>.+)",
         _("%(id)s %(check)s failed for %(rest)s")),
        (r"Cause of (?P<id>NC-\d+): (?P<rest>.+)", _("Cause of %(id)s: %(rest)s")),
        (r"Corrective action for (?P<id>NC-\d+): (?P<rest>.+)", _("Corrective action for %(id)s: %(rest)s")),
        (r"Risk criteria (?P<id>\d+)", _("Risk criteria %(id)s")),
        (r"Method of risk assessment (?P<id>\d+)", _("Method of risk assessment %(id)s")),
        (r"Description of the management system (?P<id>.+)", _("Description of the management system %(id)s")),
        (r"Quality criteria (?P<id>\S+) for (?P<rest>\S+)", _("Quality criteria %(id)s for %(rest)s")),
        (r"Datasheet (?P<id>\S+) of (?P<rest>\S+)", _("Datasheet %(id)s of %(rest)s")),
        (r"Data management procedure (?P<id>\S+)", _("Data management procedure %(id)s")),
        (r"(?P<id>A(?:\.\d+)+) applies", _("%(id)s applies")),
        (r"(?P<id>A(?:\.\d+)+) is excluded", _("%(id)s is excluded")),
        (r"Statement of Applicability, version (?P<id>\d+)", _("Statement of Applicability, version %(id)s")),
        (r"(?P<id>\S+/\S+) loosened until (?P<day>[\d-]{10})", _("%(id)s loosened until %(day)s")),
        (r"(?P<rest>.+): (?P<word>[a-z, -]+) under the EU AI Act", _("%(rest)s: %(word)s under the EU AI Act")),
        (r"(?P<rest>.+): tier (?P<word>high|limited|minimal) until (?P<day>[\d-]{10})",
         _("%(rest)s: tier %(word)s until %(day)s")),
        (r"(?P<rest>.+): less is asked of it \([a-z, ]+\)", _("%(rest)s: less is asked of it")),
        (r"Use of AI: (?P<rest>.+)", _("Use of AI: %(rest)s")),
        (r"Review of (?P<n>\d+) rights of access", _("Review of %(n)s rights of access")),
        (r"(?P<rest>.+): impact assessment", _("%(rest)s: impact assessment")),
        (r"(?P<rest>.+): who is told the results", _("%(rest)s: who is told the results")),
        (r"How impact is assessed", _("How impact is assessed")),
        (r"Thresholds for sensitive uses", _("Thresholds for sensitive uses")),
        (r"How long impact assessments are kept", _("How long impact assessments are kept")),
        (r"Scope of the management system", _("Scope of the management system")),
        (r"Needs of (?P<n>\d+) interested parties", _("Needs of %(n)s interested parties")),
        (r"Review of (?P<n>\d+) issues of the context", _("Review of %(n)s issues of the context")),
        (r"Obligations compared with the law as of (?P<day>[\d-]{10})",
         _("Obligations compared with the law as of %(day)s")),
        (r"Review of the policies", _("Review of the policies")),
        (r"How people speak up", _("How people speak up")),
        (r"Committee (?P<rest>.+)", _("Committee %(rest)s")),
        (r"Minutes: (?P<rest>.+), meeting (?P<n>\d+)", _("Minutes: %(rest)s, meeting %(n)s")),
        (r"(?P<rest>(?!Statement of Applicability).+), version (?P<n>\d+)", _("%(rest)s, version %(n)s")),
        (r"Duties around (?P<id>\S+)", _("Duties around %(id)s")),
        (r"Taking back (?P<rest>.+)", _("Taking back %(rest)s")),
    )
)  # fmt: skip

_PERSON = re.compile(r"person-[0-9a-f]{12}")


def title_said(title: str) -> str:
    """Return a stored title in the reader's language, where the program made it."""
    for pattern, text in _MADE:
        found = pattern.fullmatch(title)
        if found is not None:
            return str(text) % _parts(found.groupdict())
    return days_said(title)


def _parts(found: Mapping[str, str]) -> Mapping[str, str]:
    said = dict(found)
    word, level, day = found.get("word"), found.get("level"), found.get("day")
    if word is not None:
        said["word"] = gettext(word)
    if level is not None:
        said["level"] = str(_LEVELS.get(level, level))
    if day is not None:
        said["day"] = formats.date_format(date.fromisoformat(day), pgettext("date format", "j M Y"))
    return said


def people_in(title: str) -> list[str]:
    """Return the pseudonymous ids that a title names."""
    return _PERSON.findall(title)


def with_names(title: str, names: Mapping[str, str]) -> str:
    """Return a title with the names of people instead of their ids, where they are known."""
    return _PERSON.sub(lambda found: names.get(found[0], found[0]), title)

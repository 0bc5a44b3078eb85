"""The words in which a class, its steps and its roles are told. Law data speak for themselves; these are ours."""

import re
from collections.abc import Iterator
from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from clerestory.catalogue.law.read import Law
from clerestory.registers.inventory.rules.classification import NO, NONE, YES, Classification, Finding, LegalClass, Step

CLASSES = {
    LegalClass.UNKNOWN: gettext_lazy("cannot be told yet"),
    LegalClass.PROHIBITED: gettext_lazy("prohibited"),
    LegalClass.HIGH: gettext_lazy("high risk"),
    LegalClass.EXEMPT: gettext_lazy("listed, but exempt"),
    LegalClass.TRANSPARENCY: gettext_lazy("transparency duties"),
    LegalClass.MINIMAL: gettext_lazy("minimal risk"),
    LegalClass.OUTSIDE: gettext_lazy("outside the law"),
}
TONES = {
    LegalClass.UNKNOWN: "open",
    LegalClass.PROHIBITED: "bad",
    LegalClass.HIGH: "accent",
    LegalClass.EXEMPT: "accent",
    LegalClass.TRANSPARENCY: "accent",
    LegalClass.MINIMAL: "good",
    LegalClass.OUTSIDE: "old",
}
FINDINGS = {
    Finding.OPEN: gettext_lazy("It cannot be told until you say."),
    Finding.GOES_ON: gettext_lazy("So the next step decides."),
    Finding.OUTSIDE: gettext_lazy("So the law does not apply to it."),
    Finding.OPEN_SOURCE: gettext_lazy("So only prohibitions, high risk and transparency could bring it in."),
    Finding.PROHIBITED: gettext_lazy("So it is prohibited."),
    Finding.EXCEPTED: gettext_lazy("So an exception holds."),
    Finding.CLEAR: gettext_lazy("So nothing follows from this."),
    Finding.HIGH: gettext_lazy("So it is of high risk."),
    Finding.HIGH_SECTOR: gettext_lazy("So it is of high risk, and the law of the product carries the requirements."),
    Finding.PROFILES: gettext_lazy("What profiles persons is always of high risk; no exemption holds."),
    Finding.EXEMPT: gettext_lazy("So it is listed and yet not of high risk; document that, and register it."),
    Finding.NO_EXEMPTION: gettext_lazy("So the exemption does not hold."),
    Finding.TOLD: gettext_lazy("So people are to be told, or what it makes is to be marked."),
    Finding.GPAI: gettext_lazy("So we answer for a general-purpose model."),
    Finding.SYSTEMIC: gettext_lazy("So the model has systemic risk."),
    Finding.ROLES: gettext_lazy("So duties follow for this part."),
    Finding.BECOMES: gettext_lazy("So we count as its provider."),
    Finding.MANUFACTURER: gettext_lazy("So we count as its provider, as maker of the product."),
    Finding.BEFORE: gettext_lazy("It was there before: duties bind once it is changed significantly."),
}
ROLES = {
    "provider": gettext_lazy("provider"),
    "deployer": gettext_lazy("deployer"),
    "importer": gettext_lazy("importer"),
    "distributor": gettext_lazy("distributor"),
    "representative": gettext_lazy("authorised representative"),
    "manufacturer": gettext_lazy("product manufacturer"),
}
_CITED = {
    "Annex": gettext_lazy("Annex"),
    "recital": gettext_lazy("recital"),
    "first subparagraph": gettext_lazy("first subparagraph"),
    "last subparagraph": gettext_lazy("last subparagraph"),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS = re.compile("|".join(_CITED))
_SAID = {YES: gettext_lazy("yes"), NO: gettext_lazy("no"), NONE: gettext_lazy("none of these")}


# house: allow permit-first: puts into words, reads no record
def said(step: Step) -> tuple[str, ...]:
    """Return the answers of a step in words."""
    return tuple(_answer(answer) for answer in step.answers) or (_("not answered yet"),)


# house: allow permit-first: puts into words, reads no record
def told(step: Step) -> str:
    """Return what a step found, in a sentence."""
    return str(FINDINGS[step.finding])


# house: allow permit-first: puts into words, reads no record
def was_before(found: Classification) -> bool:
    """Return whether the duties bind a system that was there before only once it is changed significantly."""
    return any(step.finding is Finding.BEFORE for step in found.steps)


# house: allow permit-first: puts into words, reads no record
def titles(law: Law, questions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the titles of questions."""
    return tuple(_(law.question(question).title) for question in questions)


# house: allow permit-first: puts into words, reads no record
def article_said(article: str) -> str:
    """Return the place of a point in the law as people of the reader's language cite it."""
    return _WORDS.sub(lambda found: str(_CITED[found[0]]), article)


def _answer(answer: str) -> str:
    """Return an answer in words; a point that was ticked stands after its place in the law."""
    if answer in _SAID:
        return str(_SAID[answer])
    if _DAY.fullmatch(answer):
        return formats.date_format(date.fromisoformat(answer), pgettext("date format", "j M Y"))
    place, colon, text = answer.partition(": ")
    return f"{article_said(place)}: {_(text)}" if colon else answer


# house: allow permit-first: puts into words, reads no record
def reasoning(law: Law, found: Classification) -> Iterator[str]:
    """Yield the reasoning as lines of text: what an entry keeps."""
    version = law.version(found.version)
    yield f"{law.name}, {_(version.name)}, valid from {version.valid_from.isoformat()}"
    yield _(law.note)
    for number, step in enumerate(found.steps, 1):
        since = f", applies from {step.applies_from.isoformat()}" if step.applies_from else ""
        yield f"{number}. {_(step.title)} ({article_said(step.article)}{since}): {'; '.join(said(step))}. {told(step)}"
    yield f"Class: {CLASSES[found.klass]}"
    if not found.is_told:
        yield f"At least: {CLASSES[found.at_least]}; open: {', '.join(titles(law, found.open))}"

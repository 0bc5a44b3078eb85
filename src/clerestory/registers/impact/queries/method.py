"""Reads of the method and of the thresholds: what is in force, and the texts shipped to begin with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.impact.queries.reading import AREA, Made, versions
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.threshold import Thresholds, Weight

KINDS = ("method", "thresholds", "retention")


@dataclass(frozen=True, slots=True)
class InForce:
    """The method and thresholds that count now, with their versions; 0 is as shipped, which nobody approved."""

    method: Method
    method_version: int
    thresholds: Thresholds
    thresholds_version: int
    versions: tuple[Made, ...]

    def method_of(self, version: int) -> Method:
        """Return the method in the version that an assessment was begun with; version 0 is the one shipped."""
        made = next((m for m in self.versions if m.kind == "method" and m.version == version), None)
        return shipped_method() if made is None else read_method(made)

    def reads(self, version: int) -> bool:
        """Return whether steps of a version mean the same by the method in force."""
        if version == self.method_version or self.method.scales == self.method_of(version).scales:
            return True
        return version == 0 and any(self.method.scales == _shipped_in(code) for code, _name in settings.LANGUAGES)


def in_force(actor: Actor) -> InForce:
    """Return the newest approved method and thresholds, or those shipped, in four queries."""
    permit(actor, "read", AREA)
    return force_of(versions(actor, *KINDS, about=""))


def _shipped_in(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the scales as shipped in a language; who approved them may read another one."""
    with override(language):
        return shipped_method().scales


# house: allow permit-first: reads versions that were reached with permission
def force_of(made: tuple[Made, ...]) -> InForce:
    """Return the newest approved method and thresholds among versions, or those shipped."""
    method = _newest(made, "method")
    thresholds = _newest(made, "thresholds")
    return InForce(
        shipped_method() if method is None else read_method(method),
        0 if method is None else method.version,
        Thresholds(reason=_("As shipped: uses that law or practice treats with care. Not legal advice."))
        if thresholds is None
        else read_thresholds(thresholds),
        0 if thresholds is None else thresholds.version,
        made,
    )


# house: allow permit-first: reads a value that was reached with permission
def read_method(made: Made) -> Method:
    """Return the method that a version said."""
    said = made.said
    return Method(
        triggers=tuple(said["triggers"]),
        texts=dict(said["texts"]),
        scales={name: tuple(steps) for name, steps in said["scales"].items()},
        every_months=said["every_months"],
        treat_from=said["treat_from"],
    )


# house: allow permit-first: reads a value that was reached with permission
def read_thresholds(made: Made) -> Thresholds:
    """Return the thresholds that a version said."""
    said = made.said
    return Thresholds(
        weights={name: Weight(weight) for name, weight in said["weights"].items()},
        own=tuple((name, Weight(weight)) for name, weight in said["own"]),
        severity_from=said["severity_from"],
        autonomy_from=said["autonomy_from"],
        roles={Weight(weight): role for weight, role in said["roles"].items()},
        reason=said["reason"],
    )


# house: allow permit-first: a text that everybody gets
def shipped_method() -> Method:
    """Return a method to begin with, in the reader's language."""
    return Method(
        triggers=(
            _("a new AI system or a new purpose"),
            _("a change of model, data source, autonomy, deployment or affected groups"),
            _("a serious incident"),
            _("a change of law"),
            _("the planned interval has passed"),
        ),
        texts={
            "scope": _(
                "Every AI system in the scope, in every stage until it is retired: the system as it is used, with "
                "foreseeable misuse and failure, and everybody whom it reaches."
            ),
            "roles": _(
                "The owner of the system gives the facts. Somebody who does not answer for the system makes the "
                "assessment where the tier is high or not known. Affected people are heard where the use is sensitive. "
                "A second person approves."
            ),
            "analysis": _(
                "Each topic is judged line by line: who is affected, what happens, how grave, how likely, whether it "
                "can be undone, and why. Measured results come before opinion. What is not known is said so."
            ),
            "approval": _(
                "An assessment counts once a second person approved it, for restricted uses top management. Then it is "
                "decided whether to proceed. A use that the thresholds refuse does not proceed."
            ),
            "disclosure": _(
                "For each system it is decided who is told the results: affected people, users, authorities. What "
                "stays inside says why."
            ),
            "review": _(
                "After each trigger and within the interval the assessment is made again. Harms that call for "
                "treatment go into the risk register."
            ),
        },
        scales={
            "severity": (_("negligible"), _("minor"), _("moderate"), _("major"), _("severe")),
            "likelihood": (_("rare"), _("unlikely"), _("possible"), _("likely"), _("almost certain")),
            "reversibility": (_("undone at once"), _("undone with effort"), _("cannot be undone")),
        },
    )


def _newest(made: Iterable[Made], kind: str) -> Made | None:
    """Return the newest version that was ever approved: taken back it proves nothing, and is read by until the next."""
    return next((one for one in made if one.kind == kind and one.was_approved), None)

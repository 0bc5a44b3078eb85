"""The method, the thresholds and how long reports are kept: versions that a second person approves."""

from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.impact.commands.writing import Asking, Recorded, add_version
from clerestory.registers.impact.queries.method import read_method, read_thresholds
from clerestory.registers.impact.queries.reading import AREA, versions
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.method import Method, check_method
from clerestory.registers.impact.rules.threshold import Thresholds, check_thresholds
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

URL = "/impact/method/"
LONGEST_KEPT = 100


def propose_method(
    *, actor: Actor, method: Method, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Propose how consequences are judged; it counts once a second person approved it.

    Raises:
        ImpactRefused: a part is left out, a scale has too few steps, or nothing changed.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", AREA)
    check_method(method)
    newest = next(iter(versions(actor, "method", about="")), None)
    if newest is not None and read_method(newest) == method and (newest.is_approved or not newest.standing):
        raise ImpactRefused(_("The method is as it was."), _("Change something, or leave it."))
    said = {
        "triggers": list(method.triggers),
        "texts": dict(method.texts),
        "scales": {name: list(steps) for name, steps in method.scales.items()},
        "every_months": method.every_months,
        "treat_from": method.treat_from,
    }
    return add_version(
        actor, "method", said, lambda writer, version: writer.method(method, version), expected=expected_version,
        asking=Asking("How impact is assessed", URL), now=now,
    )  # fmt: skip


def propose_thresholds(
    *, actor: Actor, said: Thresholds, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Propose which uses are sensitive, restricted or refused; it counts once top management approved it.

    Raises:
        ImpactRefused: a criterion or role is unknown, the reason is missing, or nothing changed.
        ChangedMeanwhile: somebody else proposed some since the version that was expected.
    """
    permit(actor, "write", AREA)
    check_thresholds(said, frozenset(load().roles))
    newest = next(iter(versions(actor, "thresholds", about="")), None)
    if newest is not None and newest.is_approved and read_thresholds(newest) == said:
        raise ImpactRefused(_("The thresholds are as they were."), _("Change something, or leave them."))
    kept = {
        "weights": {name: str(weight) for name, weight in said.weights.items()},
        "own": [[name, str(weight)] for name, weight in said.own],
        "severity_from": said.severity_from,
        "autonomy_from": said.autonomy_from,
        "roles": {str(weight): role for weight, role in said.roles.items()},
        "reason": said.reason.strip(),
    }
    return add_version(
        actor, "thresholds", kept, lambda writer, version: writer.thresholds(said, version),
        expected=expected_version, asking=Asking("Thresholds for sensitive uses", URL, "top_management"), now=now,
    )  # fmt: skip


def keep_reports(*, actor: Actor, years: int, citation: str, now: datetime | None = None) -> Recorded:
    """Propose for how many years reports are kept and by which law or contract; a second person approves it."""
    permit(actor, "write", AREA)
    if not 1 <= years <= LONGEST_KEPT:
        raise ImpactRefused(
            _("Reports cannot be kept for {years} years.", years=years),
            _("Give 1 to {longest_kept} years.", longest_kept=LONGEST_KEPT),
        )
    where = plain(citation, _("law or contract"), longest=300)
    return add_version(
        actor, "retention", {"years": years, "citation": where},
        lambda writer, version: writer.retention(years, where, version),
        asking=Asking("How long impact assessments are kept", URL), now=now,
    )  # fmt: skip

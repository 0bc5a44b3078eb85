"""What the lists of threats and of threat models show and filter by."""

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.lists import Column
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.rules.threat import ThreatState
from clerestory.registers.risk.rules.threat_cover import CheckState, Covered, Standing

YES_NO: tuple[tuple[str, Promise], ...] = (("yes", _("yes")), ("no", _("no")))
_ORDER = {ThreatState.APPLIES: 0, ThreatState.UNASSESSED: 1, ThreatState.NOT_APPLICABLE: 2}


# house: allow permit-first: says what a list shows, and reads nothing
def threat_columns(system_id: str) -> tuple[Column, ...]:
    """Return what the list of a system's threats shows and filters by."""
    return (
        Column(
            name="threat",
            label=_("Threat"),
            searched=True,
            value=lambda row: row.threat.name,
            url=lambda row: reverse("risk-threat", args=[system_id, row.threat.threat_id]),
            note=lambda row: words.SENTENCES[row.threat.threat_id],
        ),
        Column(
            name="state",
            label=_("State"),
            kind="tag",
            filtered=True,
            options=tuple((str(state), label) for state, label in words.STATES.items()),
            value=lambda row: str(row.threat.state),
            tone=lambda row: words.STATE_TONES[row.threat.state],
        ),
        Column(name="why", label=_("Because"), searched=True, sortable=False, value=_why),
        Column(
            name="mitigations",
            label=_("Mitigations shown"),
            kind="share",
            value=lambda row: (sum(s is Standing.SHOWN for _m, s in row.mitigations), len(row.mitigations)),
        ),
        Column(name="checks", label=_("Checks"), sortable=False, value=_checks),
        Column(
            name="judged",
            label=_("Judged"),
            kind="tag",
            filtered=True,
            options=YES_NO,
            value=lambda row: "" if not row.threat.in_play else "yes" if row.judged else "no",
            tone=lambda row: "good" if row.judged else "open",
        ),
        Column(
            name="risk",
            label=_("Risk"),
            kind="part",
            part="risk/threat_raise.html",
            sortable=False,
            value=lambda row: row.risk_id,
        ),
        *_IDS,
    )


_IDS = (
    Column(
        name="id", label=_("ATLAS or OWASP id"), optional=True, searched=True, value=lambda row: row.threat.threat_id
    ),
    Column(name="owasp", label=_("OWASP"), kind="list", optional=True, value=lambda row: row.threat.owasp),
    Column(
        name="nist",
        label=_("Class of NIST AI 100-2"),
        optional=True,
        value=lambda row: ", ".join(str(words.NIST[name]) for name in row.threat.nist),
    ),
    Column(
        name="maturity",
        label=_("Maturity"),
        optional=True,
        filtered=True,
        options=tuple(words.MATURITY.items()),
        keeps=lambda row, wanted: row.threat.maturity == wanted,
        value=lambda row: str(words.MATURITY[row.threat.maturity]),
    ),
    Column(
        name="flow",
        label=_("Comes over"),
        optional=True,
        filtered=True,
        options=tuple(words.FLOWS.items()),
        keeps=lambda row, wanted: wanted in row.threat.flows and row.threat.in_play,
        value=lambda row: ", ".join(str(words.FLOWS[name]) for name in row.threat.flows),
    ),
    Column(
        name="standing",
        label=_("Each mitigation"),
        optional=True,
        listed=False,
        value=lambda row: "; ".join(f"{name} {words.STANDINGS[standing]}" for name, standing in row.mitigations),
    ),
    Column(
        name="set_aside", label=_("Set aside because"), optional=True, listed=False, value=lambda row: row.set_aside
    ),
)


SYSTEM_COLUMNS = (
    Column(
        name="name",
        label=_("AI system"),
        searched=True,
        value=lambda row: row.name,
        url=lambda row: reverse("risk-threats-system", args=[row.system_id]),
    ),
    Column(
        name="begun",
        label=_("Threat model"),
        kind="tag",
        optional=True,
        filtered=True,
        sortable=False,
        options=(("begun", _("begun")), ("none", _("none yet"))),
        narrow=lambda value: Q(threats_applying__isnull=value != "begun"),
        value=lambda row: "begun" if row.begun else "none",
        tone=lambda row: "good" if row.begun else "open",
    ),
    Column(
        name="applying",
        label=_("Apply"),
        kind="number",
        field="threats_applying",
        value=lambda row: row.figures.threats - row.figures.unassessed if row.figures else None,
    ),
    Column(
        name="unassessed",
        label=_("Unassessed"),
        kind="number",
        field="threats_unassessed",
        value=lambda row: row.figures.unassessed if row.figures else None,
    ),
    Column(
        name="judged",
        label=_("Judged"),
        kind="share",
        sortable=False,
        value=lambda row: (row.figures.judged, row.figures.threats) if row.figures else (0, 0),
    ),
    Column(
        name="shown",
        label=_("Met, shown"),
        kind="share",
        sortable=False,
        value=lambda row: (row.figures.shown, row.figures.threats) if row.figures else (0, 0),
    ),
    Column(
        name="failing",
        label=_("Failing"),
        kind="number",
        sortable=False,
        value=lambda row: row.figures.failing if row.figures else None,
    ),
    Column(
        name="review",
        label=_("Newest review"),
        kind="tag",
        sortable=False,
        options=tuple(words.REVIEWS.items()),
        value=lambda row: row.review or "none",
        tone=lambda row: words.REVIEW_TONES[row.review or "none"],
        note=lambda row: date_format(row.reviewed_at, "j M Y") if row.reviewed_at else "",
    ),
    Column(
        name="changed",
        label=_("List changed since"),
        optional=True,
        sortable=False,
        value=lambda row: str(_("yes")) if row.changed_since else "",
    ),
)


# house: allow permit-first: orders what was read with permission
def by_state(rows: tuple[Covered, ...]) -> list[Covered]:
    """Return threats with those that apply first, then those unassessed."""
    return sorted(rows, key=lambda row: _ORDER[row.threat.state])


def _why(row: Covered) -> str:
    return "; ".join(f"{words.FACTS[told.fact][0]}: {words.spoken(told.values)}" for told in row.threat.facts)


def _checks(row: Covered) -> str:
    if not row.checks:
        return gettext("no check shows this")
    counted = {state: sum(one is state for _name, one in row.checks) for state in CheckState}
    return ", ".join(f"{count} {words.CHECKS[state]}" for state, count in counted.items() if count)

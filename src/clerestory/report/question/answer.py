"""The sentence that answers each question, what it rests on, what else is counted, and what nobody can say yet.

Refuses a share without its n, and an answer without evidence: then it says which register would bring it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clerestory.report.question.tally import Tally


@dataclass(frozen=True, slots=True)
class Line:
    """A count beside the figure, with where its records are."""

    count: int
    label: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of one question. ``known`` is False where no evidence bears on it at all.

    ``plain``: the figure counts and has no share; ``falling``: fewer is better.
    """

    known: bool
    tone: str
    unit: str
    sentence: str
    basis: str
    lines: tuple[Line, ...] = ()
    lacking: tuple[str, ...] = ()
    plain: bool = False
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One of the seven, with where its records are and the words of its two counts."""

    key: str
    text: object
    have: object
    of: object
    url: str
    show: object


QUESTIONS = (
    Question(
        "where", gettext_lazy("Where is AI being used?"), gettext_lazy("in operation"), gettext_lazy("registered"),
        "/systems/", gettext_lazy("The AI systems"),
    ),
    Question(
        "who", gettext_lazy("Who is responsible for AI decisions?"), gettext_lazy("with approved duties"),
        gettext_lazy("systems"), "/roles/systems/", gettext_lazy("Duties by system"),
    ),
    Question(
        "reliable", gettext_lazy("Are AI models producing reliable outcomes?"), gettext_lazy("pass"),
        gettext_lazy("newest results"), "/evidence/?kind=check", gettext_lazy("The results"),
    ),
    Question(
        "risks", gettext_lazy("How are risks being monitored?"), gettext_lazy("over the criteria"),
        gettext_lazy("open risks"), "/risk/", gettext_lazy("The risks"),
    ),
    Question(
        "explained", gettext_lazy("Can AI decisions be explained?"), gettext_lazy("with a passing check"),
        gettext_lazy("systems that affect people"), "/evidence/?kind=check&q=explainability",
        gettext_lazy("The results"),
    ),
    Question(
        "people", gettext_lazy("Are employees using AI responsibly?"), gettext_lazy("accepted"),
        gettext_lazy("duties of holders"), "/roles/", gettext_lazy("Roles and holders"),
    ),
    Question(
        "incidents", gettext_lazy("How are AI-related incidents managed?"), gettext_lazy("open"),
        gettext_lazy("raised"), "/nonconformity/", gettext_lazy("The nonconformities"),
    ),
)  # fmt: skip


def said(key: str, tally: Tally) -> Said:
    """Say what a tally answers."""
    return _SAID[key](tally)


def _where(tally: Tally) -> Said:
    lacking = (_("Nobody can say yet what is used outside the inventory: this version does not look for it."),)
    if not tally.of:
        return _unknown(_("AI systems in the inventory"), _("Nobody can say yet: no AI system is registered."), lacking)
    sentence = ngettext(
        "%(of)s AI system is registered and not retired; %(have)s in operation.",
        "%(of)s AI systems are registered and not retired; %(have)s in operation.",
        tally.of,
    ) % {"of": tally.of, "have": tally.have}
    return Said(
        known=True, tone="old" if tally.part("no_tier") else "good", plain=True, lacking=lacking,
        unit=ngettext("AI system", "AI systems", tally.of), sentence=sentence,
        basis=_("The inventory, without retired systems."),
        lines=_lines(
            Line(tally.have, _("in operation"), "/systems/?stage=operation+and+monitoring"),
            Line(tally.part("no_tier"), _("without a tier, so judged as high"), "/systems/", "old"),
            Line(tally.part("no_scope"), _("not said whether in scope"), "/systems/", "old"),
            Line(tally.part("retired"), _("retired"), "/systems/?stage=retirement"),
        ),
    )  # fmt: skip


def _who(tally: Tally) -> Said:
    unit = _("systems with approved duties and people who are still there")
    if not tally.of:
        return _unknown(unit, _("Nobody can say yet: no AI system is registered."))
    sentence = ngettext(
        "For %(have)s of %(of)s system it is decided and approved who answers for it.",
        "For %(have)s of %(of)s systems it is decided and approved who answers for them.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of}
    return Said(
        known=True, tone=_share_tone(tally), unit=unit, sentence=sentence,
        basis=ngettext(
            "Counted: %(n)s system that is not retired", "Counted: %(n)s systems that are not retired", tally.of
        ) % {"n": tally.of},
        lines=_lines(
            Line(tally.part("undecided"), _("without a decision on duties"), "/roles/systems/", "bad"),
            Line(tally.part("unapproved"), _("wait for approval by a second person"), "/roles/systems/", "old"),
            Line(tally.part("owner_left"), _("whose owner has left"), "/systems/", "bad"),
            Line(tally.part("accountable_left"), _("whose accountable person has left"), "/roles/systems/", "bad"),
        ),
    )  # fmt: skip


def _reliable(tally: Tally) -> Said:
    unit, untested, systems = _("newest results that pass"), tally.part("untested"), tally.part("systems")
    beside = _lines(
        Line(tally.part("FAIL"), _("fail"), "/evidence/?kind=check&verdict=FAIL", "bad"),
        Line(
            tally.part("INCONCLUSIVE"), _("could not conclude"), "/evidence/?kind=check&verdict=INCONCLUSIVE", "open"
        ),
        Line(
            untested,
            ngettext("system never tested, of %(n)s", "systems never tested, of %(n)s", untested) % {"n": systems},
            "/systems/",
            "old",
        ),
    )  # fmt: skip
    if not tally.of:
        text = _("Nobody can say yet: no result of performance, fairness, drift or robustness is held.")
        return _unknown(unit, text, lines=beside)
    sentence = ngettext(
        "%(have)s of %(of)s newest result passes its criterion.",
        "%(have)s of %(of)s newest results pass their criteria.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of}
    if untested:
        sentence += " " + ngettext(
            "%(n)s of %(of)s systems was never tested: unknown is never a pass.",
            "%(n)s of %(of)s systems were never tested: unknown is never a pass.",
            untested,
        ) % {"n": untested, "of": systems}
    return Said(
        known=True, tone="bad" if tally.part("FAIL") else "old" if tally.have < tally.of or untested else "good",
        unit=unit, sentence=sentence, lines=beside,
        basis=_("Counted: %(n)s newest results of performance, fairness, drift and robustness") % {"n": tally.of},
    )  # fmt: skip


def _risks(tally: Tally) -> Said:
    unit = _("open risks over the criteria and not accepted")
    if not tally.of:
        return _unknown(unit, _("Nobody can say yet: no open risk is in the register of risks."))
    sentence = ngettext(
        "%(have)s of %(of)s open risk lies over the criteria without an acceptance that stands.",
        "%(have)s of %(of)s open risks lie over the criteria without an acceptance that stands.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of}
    return Said(
        known=True, tone="bad" if tally.have else "good", unit=unit, sentence=sentence, falling=True,
        basis=ngettext("Counted: %(n)s open risk", "Counted: %(n)s open risks", tally.of) % {"n": tally.of},
        lines=_lines(
            Line(tally.part("ended"), _("of them accepted before, no longer so"), "/risk/", "bad"),
            Line(tally.part("unsigned"), _("of them accepted, but not approved yet"), "/risk/", "old"),
            Line(tally.part("late_tasks"), _("treatments late"), "/risk/tasks/", "bad"),
            Line(tally.part("accepted"), _("over the criteria, accepted for a time"), "/risk/"),
            Line(tally.part("unrated"), _("not analysed yet"), "/risk/", "old"),
            Line(tally.part("within"), _("within the criteria"), "/risk/"),
        ),
    )  # fmt: skip


def _explained(tally: Tally) -> Said:
    unit = _("systems that affect people and pass a check of explainability")
    lacking = (
        _(
            "Nobody can say yet how many people asked for an explanation and were answered in time: "
            "this version keeps no record of it."
        ),
    )
    if tally.part("never") == tally.of:
        text = (
            _("Nobody can say yet: no system that affects people is registered.")
            if not tally.of
            else ngettext(
                "Nobody can say yet: the %(n)s system that affects people has no check of explainability.",
                "Nobody can say yet: none of the %(n)s systems that affect people has a check of explainability.",
                tally.of,
            )
            % {"n": tally.of}
        )
        return _unknown(unit, text, lacking)
    sentence = ngettext(
        "%(have)s of %(of)s system that affects people passes its checks of explainability.",
        "%(have)s of %(of)s systems that affect people pass their checks of explainability.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of}
    return Said(
        known=True, tone=_share_tone(tally), unit=unit, sentence=sentence, lacking=lacking,
        basis=_("Counted: %(n)s systems that affect people, or of which that is unknown") % {"n": tally.of},
        lines=_lines(
            Line(tally.part("FAIL"), _("fail"), "/evidence/?kind=check&q=explainability&verdict=FAIL", "bad"),
            Line(tally.part("INCONCLUSIVE"), _("could not conclude"), "", "open"),
            Line(tally.part("never"), _("never checked"), "/systems/", "old"),
        ),
    )  # fmt: skip


def _people(tally: Tally) -> Said:
    unit = _("holders of AI duties who accepted them as they are now")
    lacking = (_("Nobody can say yet who is competent and trained for AI: this version keeps no record of it."),)
    beside = _lines(
        Line(tally.part("confirmed"), _("confirmations of the AI policy by holders of roles"), "/policy/coverage/"),
        Line(tally.part("uses"), _("uses of AI that people asked for"), "/inventory/uses/"),
        Line(tally.part("concerns"), _("concerns raised"), "/incidents/"),
    )
    if not tally.of:
        return _unknown(unit, _("Nobody can say yet: nobody holds a role with AI duties."), lacking, beside)
    sentence = ngettext(
        "%(have)s of %(of)s holder of AI duties accepted them as they are now.",
        "%(have)s of %(of)s holders of AI duties accepted them as they are now.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of}
    return Said(
        known=True, tone=_share_tone(tally), unit=unit, sentence=sentence, lacking=lacking,
        basis=_("Counted: %(n)s pairs of role and holder; other employees are not counted") % {"n": tally.of},
        lines=_lines(
            Line(tally.part("waiting"), _("did not accept yet"), "/roles/", "old"),
            Line(tally.part("changed"), _("accepted duties that have changed since"), "/roles/", "old"),
        )
        + beside,
    )  # fmt: skip


def _incidents(tally: Tally) -> Said:
    unit = _("nonconformities open")
    lacking = (
        _(
            "Nobody can say yet how many incidents there were and how long they took to contain: "
            "this version keeps no record of it."
        ),
    )
    if not tally.of:
        return _unknown(unit, _("Nobody can say yet: no nonconformity and no incident is recorded."), lacking)
    done = tally.part("effective")
    sentence = ngettext(
        "%(have)s of %(of)s nonconformity is open; %(done)s closed by effect that somebody else confirmed.",
        "%(have)s of %(of)s nonconformities are open; %(done)s closed by effect that somebody else confirmed.",
        tally.of,
    ) % {"have": tally.have, "of": tally.of, "done": done}
    tone = "bad" if tally.part("late") else "old" if tally.have else "good"
    return Said(
        known=True, tone=tone, unit=unit, sentence=sentence, lacking=lacking, falling=True,
        basis=ngettext("Counted: %(n)s nonconformity raised", "Counted: %(n)s nonconformities raised", tally.of)
        % {"n": tally.of},
        lines=_lines(
            Line(tally.part("late"), _("past the day for confirming the effect"), "/nonconformity/", "bad"),
            Line(done, _("closed, effect confirmed by somebody else"), "/nonconformity/"),
        ),
    )  # fmt: skip


def _unknown(unit: str, sentence: str, lacking: tuple[str, ...] = (), lines: tuple[Line, ...] = ()) -> Said:
    return Said(
        known=False,
        tone="open",
        unit=unit,
        sentence=sentence,
        basis=_("There is nothing to count yet."),
        lacking=lacking,
        lines=lines,
    )


def _lines(*lines: Line) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.count)


def _share_tone(tally: Tally) -> str:
    return "good" if tally.have == tally.of else "old" if tally.have else "bad"


_SAID: Mapping[str, Callable[[Tally], Said]] = {
    "where": _where, "who": _who, "reliable": _reliable, "risks": _risks, "explained": _explained, "people": _people,
    "incidents": _incidents,
}  # fmt: skip

"""What people read of sources, levels, states and oddities; addresses and facts keep the words of the catalogue."""

import re
from datetime import date

from django.utils import formats
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.scale import DIMENSIONS, LEVELS, LIKELIHOOD

SOURCES = {
    "C.3.1": _("Complexity of the environment"),
    "C.3.2": _("Lack of transparency and explainability"),
    "C.3.3": _("Level of automation"),
    "C.3.4": _("Machine learning: data, model, training"),
    "C.3.5": _("Hardware of the system"),
    "C.3.6": _("Life cycle of the system"),
    "C.3.7": _("Readiness of the technology"),
}
"""Sources of risk by their place in Annex C, in our own words."""
LEVEL_WORDS = dict(
    zip(map(str, LEVELS), (pgettext_lazy("level of risk", "low"), _("medium"), _("high"), _("very high")), strict=True)
)
LEVEL_TONES = dict(zip(map(str, LEVELS), ("good", "open", "old", "bad"), strict=True))
STATES = {
    "open": _("open"),
    "treated": _("treated"),
    "accepted": pgettext_lazy("risk", "accepted"),
    "closed": _("closed"),
}
STATE_TONES = {"open": "open", "treated": "good", "accepted": "accent", "closed": "none"}
TREATMENTS = {"avoid": _("avoid"), "modify": _("modify"), "share": _("share"), "retain": _("retain")}
TREATMENT_MEANS = {
    "avoid": _("Do not start, or stop, what brings the risk"),
    "modify": _("Make it less likely or its consequences smaller"),
    "share": _("Share it with others, such as an insurer or a supplier"),
    "retain": _("Keep it knowingly; over the criteria its owner signs for it"),
}
NATURES = {"technical": _("technical"), "organisational": _("organisational")}
ACTION_SORTS = {"opportunity": _("Opportunity"), "risk": _("Risk")}
ACTION_STATES = {
    "open": pgettext_lazy("state", "Open"), "late": _("Late"),
    "effective": _("Effective"), "not effective": _("Not effective"),
}  # fmt: skip
ACTION_TONES = {"open": "open", "late": "bad", "effective": "good", "not effective": "bad"}
TRIAL_STATES = {
    "open": pgettext_lazy("state", "Open"), "enough": _("Enough"),
    "not enough": _("Not enough"), "unsaid": _("Cannot be said"),
}  # fmt: skip
TRIAL_TONES = {"open": "open", "enough": "good", "not enough": "bad", "unsaid": "open"}
TASK_STATES = {"open": _("open"), "done": pgettext_lazy("task", "done"), "dropped": _("dropped")}
TASK_TONES = {"open": "open", "done": "good", "dropped": "none"}
TRIGGERS = {
    "interval": _("planned interval"),
    "change": _("a change"),
    "incident": _("an incident"),
    "first": _("first assessment"),
}
SCALES = dict(
    zip(
        (LIKELIHOOD, *DIMENSIONS),
        (_("Likelihood"), _("For the organisation"), _("For individuals"), _("For societies")),
        strict=True,
    )
)
ODDITIES = {
    Oddity.NOT_ANALYSED: _("Not analysed yet"),
    Oddity.UNDECIDED: _("Over the criteria, and no treatment was decided at this level"),
    Oddity.UNACCEPTED: _("Retained over the criteria without an acceptance in force"),
    Oddity.ENDED: _("The acceptance ended"),
    Oddity.LATE_TASK: _("A task is late"),
    Oddity.RESIDUAL_ABOVE: _("More risk after treatment than before it"),
    Oddity.NOTHING_DONE: _("To be modified, but it lacks a task, a control, or both"),
    Oddity.OWNER_LEFT: _("Its owner left the organisation"),
    Oddity.OLDER_CRITERIA: _("Made with older criteria"),
    Oddity.OLD_ANALYSIS: _("The analysis is older than a year"),
    Oddity.SYSTEM_RETIRED: _("Its system is retired"),
    Oddity.SAME_TEXT: _("Another open risk says the same"),
    Oddity.MEASURE_FAILS: _("A measure that should lower it does not hold"),
    Oddity.UNFOUNDED: _("Lower after treatment, but no control or check was argued to lower it"),
    Oddity.ABOVE_APPETITE: _("Accepted although it is over the criteria"),
    Oddity.LOSS_OVER: _("It may cost more than the appetite allows"),
    Oddity.NO_SYSTEM: _("It names no AI system, and nobody said that it concerns the whole organisation"),
}
REMEDIES = {
    Oddity.NOT_ANALYSED: (_("Rate it"), "risk-analyse"),
    Oddity.UNDECIDED: (_("Decide on its treatment"), "risk-decide"),
    Oddity.UNACCEPTED: (_("Its owner accepts it, or decides on more"), "risk-accept"),
    Oddity.ENDED: (_("Its owner accepts it anew, or decides on more"), "risk-accept"),
    Oddity.LATE_TASK: (_("Carry out the task, or plan another"), "risk-record"),
    Oddity.RESIDUAL_ABOVE: (_("Rate it anew as it would be untreated"), "risk-analyse"),
    Oddity.NOTHING_DONE: (_("Name a control and plan a task"), "risk-decide"),
    Oddity.OWNER_LEFT: (_("Give it to another owner"), "risk-edit"),
    Oddity.OLDER_CRITERIA: (_("Rate it by the criteria in force"), "risk-analyse"),
    Oddity.OLD_ANALYSIS: (_("Rate it again"), "risk-analyse"),
    Oddity.SYSTEM_RETIRED: (_("Close it, or name the system that it concerns now"), "risk-edit"),
    Oddity.SAME_TEXT: (_("Join the two: close one and name the other"), "risk-edit"),
    Oddity.MEASURE_FAILS: (_("Repair the measure, or decide on another"), "risk-decide"),
    Oddity.UNFOUNDED: (_("Argue which measure lowers it, and by how much"), "risk-decide"),
    Oddity.ABOVE_APPETITE: (_("Decide on more treatment before the acceptance ends"), "risk-decide"),
    Oddity.LOSS_OVER: (_("Look at the curve, then decide on more treatment"), "risk-money"),
    Oddity.NO_SYSTEM: (_("Name the system, or say that it concerns the whole organisation"), "risk-edit"),
}
"""What helps against each oddity, and the page of the risk where it is done."""
STAGES = {
    "inception": _("inception"),
    "design and development": _("design and development"),
    "verification and validation": _("verification and validation"),
    "deployment": _("deployment"),
    "operation and monitoring": _("operation and monitoring"),
    "continuous validation": _("continuous validation"),
    "re-evaluation": _("re-evaluation"),
    "retirement": _("retirement"),
}
OBJECTIVES = {
    "C.2.1": _("Accountability"),
    "C.2.2": _("Expertise in AI"),
    "C.2.3": _("Training and test data of good quality"),
    "C.2.4": _("Environment"),
    "C.2.5": _("Fairness"),
    "C.2.6": _("Maintainability"),
    "C.2.7": _("Privacy"),
    "C.2.8": _("Robustness"),
    "C.2.9": _("Safety"),
    "C.2.10": _("Security"),
    "C.2.11": _("Transparency and explainability"),
}
"""What an AI system is meant to keep up, by its place in Annex C, in our own words."""
ASKS = {
    "C.3.1": _("Where it is used, what could be different from what you had in mind: people, place, rules, other use?"),
    "C.3.2": _("Who could be refused or misled because nobody can say how a result came about?"),
    "C.3.3": _("What happens when it decides alone and is wrong: who notices, who can stop it, how fast?"),
    "C.3.4": _("What in the data or the training could teach it something wrong, old, unfair or poisoned?"),
    "C.3.5": _("Which device, sensor or computer could fail, run out or be replaced, and what does it do then?"),
    "C.3.6": _("Which step from idea to retirement could be skipped, rushed or done by the wrong people?"),
    "C.3.7": _("What does nobody have experience with yet, and where would limits show only in use?"),
}
"""A question for each source of risk, in our own words."""
OBJECTIVE_ASKS = {
    "C.2.1": _("Would somebody answer for the harm?"),
    "C.2.2": _("Do those who build and run it know enough?"),
    "C.2.3": _("Are the data right, enough, and from where you think?"),
    "C.2.4": _("What does it cost in energy, water and waste?"),
    "C.2.5": _("Who would be treated worse than others?"),
    "C.2.6": _("Could it still be changed and mended in two years?"),
    "C.2.7": _("What could come to light about a person?"),
    "C.2.8": _("Does it hold when inputs are unusual?"),
    "C.2.9": _("Could anybody be hurt, or property or nature be harmed?"),
    "C.2.10": _("How would somebody attack it?"),
    "C.2.11": _("Would those concerned know and understand?"),
}
"""A question for each objective, in our own words."""
BEARINGS = {
    "CONFORMS": _("conforms"),
    "PASS": _("passes"),
    "STALE": _("its evidence is out of date"),
    "NONCONFORMING": _("something stands against it"),
    "NOT_EVIDENCED": _("not evidenced"),
    "NOT_APPLICABLE": _("excluded by the Statement of Applicability"),
    "FAIL": _("fails"),
    "INCONCLUSIVE": _("cannot say"),
    "AGED": _("its result is too old"),
    "MISSING": _("has no result"),
    "UNJUDGED": _("not looked at yet"),
    "UNAPPROVED": _("waits for approval"),
}
"""How the evidence of a measure stands."""
MOVED_BY = {
    "identified": _("identified"),
    "analysis": _("rated anew"),
    "observed": _("observed to be worse"),
    "decision": _("another treatment"),
    "measure": _("a measure held or fell"),
    "approval": _("its treatment was approved, or no longer is"),
    "rating": _("a lower rating was approved, or no longer is"),
    "criteria": _("other criteria"),
    "change": _("changed"),
}
NEXT_STEPS = {
    "analyse": _("Rate its likelihood and consequences"),
    "decide": _("Decide how it is treated"),
    "task": _("Plan the first task, with owner and day"),
    "carry-out": _("Carry out the open tasks"),
    "confirm": _("Somebody who did not treat it judges the effect"),
    "accept": _("Its owner accepts what remains, until a day, or decides on more treatment"),
}
_MEASURED = re.compile(r"(?P<criterion>.*?)(: )?(?P<measured>measured|nothing was measured)( (?P<value>\S+))?\.")
_OF_A_DAY = re.compile(r"Its newest result is of (?P<day>[\d-]{10})\.")
_DERIVED = "Derived anew. "


# house: allow permit-first: words that everybody gets
def why_not(reason: str) -> str:
    """Return why a check lowers nothing, as stored in the log, in the reader's language."""
    found = _MEASURED.fullmatch(reason)
    if found is not None:
        value, limit = found["value"], found["criterion"]
        said = gettext("measured %(value)s") % {"value": value} if value else gettext("nothing was measured")
        return f"{limit}: {said}" if limit else said
    aged = _OF_A_DAY.fullmatch(reason)
    if aged is not None:
        day = formats.date_format(date.fromisoformat(aged["day"]), pgettext("date format", "j M Y"))
        return gettext("Its newest result is of %(day)s.") % {"day": day}
    return gettext("No result is in the log.") if reason == "No result is in the log." else reason


# house: allow permit-first: words that everybody gets
def derived(note: str) -> str:
    """Return which measures moved a risk, as stored in the log, in the reader's language."""
    if not note.startswith(_DERIVED):
        return note
    told = (one.rpartition(": ") for one in note.removeprefix(_DERIVED).split("; "))
    return "\n".join(f"{name.partition('|')[0]}: {BEARINGS.get(state, state)}" for name, _colon, state in told)

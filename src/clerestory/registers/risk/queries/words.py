"""What people read of sources, levels, states and oddities; addresses and facts keep the words of the catalogue."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
    Oddity.NOTHING_DONE: _("To be modified, but it lacks a task, a control of Annex A, or both"),
    Oddity.OWNER_LEFT: _("Its owner left the organisation"),
    Oddity.OLDER_CRITERIA: _("Made with older criteria"),
    Oddity.OLD_ANALYSIS: _("The analysis is older than a year"),
    Oddity.SYSTEM_RETIRED: _("Its system is retired"),
    Oddity.SAME_TEXT: _("Another open risk says the same"),
}
NEXT_STEPS = {
    "analyse": _("Rate its likelihood and consequences"),
    "decide": _("Decide how it is treated"),
    "task": _("Plan the first task, with owner and day"),
    "carry-out": _("Carry out the open tasks"),
    "confirm": _("Somebody who did not treat it judges the effect"),
    "accept": _("Its owner accepts what remains, until a day, or decides on more treatment"),
}

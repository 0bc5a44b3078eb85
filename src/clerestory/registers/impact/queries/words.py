"""Words of the impact register as people read them: questions, topics, scales, changes and points of laws."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from clerestory.registers.impact.rules.assessment import Cause, Nature, Reach
from clerestory.registers.impact.rules.outcome import Outcome, Way
from clerestory.registers.impact.rules.threshold import Met, Weight

Words = Mapping[str, Any]
"""Texts by name, in the language of whoever reads them."""

PARTS: Words = {
    "system": _("The system and its purpose"),
    "data": _("Data"),
    "model": _("Model"),
    "deployment": _("Where and how it is used"),
    "parties": _("People who are affected"),
    "failures": _("Failures"),
    "measures": _("Measures and what remains"),
}
QUESTIONS: Words = {
    "purpose": _("What it is for"),
    "capabilities": _("What it can do, and what it cannot"),
    "intended_uses": _("Uses it is meant for"),
    "unintended_uses": _("Uses it is not meant for, and foreseeable misuse"),
    "misuse_scenarios": _("Misuse to be tried out"),
    "data_used": _("Which data it learns from and works on"),
    "data_quality": _("How good the data are for this purpose"),
    "personal_data": _("Personal data in it"),
    "necessity": _("Why these data are needed, and no fewer would do"),
    "model_kind": _("What kind of model, from where"),
    "model_evaluation": _("How well it works, and for whom less well"),
    "deployment_context": _("Where it is used"),
    "deployment_process": _("In which process it takes part"),
    "deployment_period": _("From when to when, and how often"),
    "oversight": _("How people oversee it"),
    "affected_groups": _("Who is affected"),
    "vulnerable_groups": _("Who of them needs special care"),
    "not_heard": _("Why affected people could not be heard"),
    "failures": _("What happens when it is wrong, or is not there"),
    "response": _("What is done then, and where people complain"),
    "measures": _("What is done to avoid and lessen harm"),
    "remaining": _("What remains, and why that can be borne"),
}
HELP: Words = {
    "capabilities": _("Its output, its limits, and how far it acts by itself."),
    "unintended_uses": _("Who could use it for what else, by mistake or on purpose."),
    "misuse_scenarios": _("One per line, named as in the file of scenarios that the check of abuse runs."),
    "data_quality": _("Whom the data leave out, and what is known to be wrong in them."),
    "personal_data": _(
        "Which, whether special categories are among them, on which ground, and how long they are kept."
    ),
    "deployment_process": _("What comes before and after it, and what people decide on it."),
    "oversight": _("Who looks, when, with which training, and whether they can overrule or stop it."),
    "affected_groups": _("One group per line: users, people decided about, bystanders, those who work with it."),
    "vulnerable_groups": _("Children, old or ill people, people who depend on the decision; or why nobody."),
    "not_heard": _("Only where nobody could be heard. Otherwise record who was heard."),
    "response": _("Who is told, how the decision is corrected, who may stop the system."),
}
TOPICS: Words = {
    "fairness": _("Fairness"),
    "privacy": _("Privacy"),
    "safety": _("Safety and health of persons"),
    "access": _("Access to goods and services"),
    "rights": _("Rights, remedies and reasons"),
    "autonomy": _("Autonomy and dignity"),
    "money": _("Money and work"),
    "environment": _("Environment"),
    "economy": _("Economy and labour"),
    "public life": _("Public life and democracy"),
    "health": _("Health of the public"),
    "culture": _("Culture and values"),
    "misuse": _("Misuse at scale"),
}
TOPIC_HELP: Words = {
    "fairness": _("Is a group treated worse, or does it work less well for some?"),
    "privacy": _("What becomes known, inferred or watched?"),
    "safety": _("Can somebody be hurt, in body or mind?"),
    "access": _("Who gets something, and who is kept out?"),
    "rights": _("Can people know why, object, and have a person look again?"),
    "autonomy": _("Is anybody steered, pressed or made dependent?"),
    "money": _("Who wins or loses money or work?"),
    "environment": _("Energy, water, hardware, and what it makes others use."),
    "economy": _("Whole trades, competition, prices."),
    "public life": _("Opinion, elections, trust in what is true."),
    "health": _("The health of many, and how care is given."),
    "culture": _("Language, habits, what counts as normal."),
    "misuse": _("What many could do with it, or one at scale."),
}
NATURES: Words = {
    str(Nature.HARM): _("harm"),
    str(Nature.BENEFIT): _("benefit"),
    str(Nature.NONE): _("no effect"),
}
NATURE_TONES = {str(Nature.HARM): "bad", str(Nature.BENEFIT): "good", str(Nature.NONE): "none"}
REACHES: Words = {
    str(Reach.INDIVIDUALS): _("individuals"),
    str(Reach.GROUPS): _("groups"),
    str(Reach.SOCIETIES): _("societies"),
    str(Reach.ENVIRONMENT): _("the environment"),
}
CAUSES: Words = {
    str(Cause.USE): _("use as it is meant"),
    str(Cause.MISUSE): _("foreseeable misuse"),
    str(Cause.FAILURE): _("failure"),
}
WEIGHTS: Words = {
    str(Weight.ORDINARY): _("ordinary"),
    str(Weight.SENSITIVE): _("sensitive"),
    str(Weight.RESTRICTED): _("restricted"),
    str(Weight.REFUSED): _("refused"),
}
WEIGHT_TONES = {"ordinary": "good", "sensitive": "open", "restricted": "accent", "refused": "bad"}
CRITERIA: Words = {
    "biometric identification": _("Biometric identification"),
    "emotion recognition": _("Recognition of emotions"),
    "children": _("Children"),
    "employment": _("Employment"),
    "education": _("Education"),
    "credit and insurance": _("Credit and insurance"),
    "essential services": _("Essential services and benefits"),
    "health care": _("Health care"),
    "law enforcement": _("Law enforcement and borders"),
    "justice and elections": _("Justice and elections"),
    "critical infrastructure": _("Critical infrastructure"),
    "social scoring": _("Social scoring"),
    "manipulation": _("Manipulation of people"),
    "high tier": _("High or unknown tier"),
    "high autonomy": _("High autonomy"),
    "severe harm": _("Severe harm"),
    "irreversible harm": _("Harm that cannot be undone"),
}
OUTCOMES: Words = {
    str(Outcome.PROCEED): _("Proceed"),
    str(Outcome.CONDITIONS): _("Proceed with conditions"),
    str(Outcome.STOP): _("Do not proceed"),
}
OUTCOME_TONES = {str(Outcome.PROCEED): "good", str(Outcome.CONDITIONS): "open", str(Outcome.STOP): "bad"}
WAYS: Words = {
    str(Way.MEETING): _("in a meeting"),
    str(Way.INTERVIEW): _("in interviews"),
    str(Way.SURVEY): _("by a survey"),
    str(Way.REPRESENTATIVES): _("through those who speak for them"),
    str(Way.TRIAL): _("in a trial with users"),
    str(Way.WRITTEN): _("in writing"),
}
STATES: Words = {
    "none": _("not assessed"),
    "draft": _("being written"),
    "waits": _("waits for approval"),
    "approved": _("approved"),
    "again": _("to be assessed again"),
}
STATE_TONES = {"none": "bad", "draft": "open", "waits": "open", "approved": "good", "again": "old"}
REASONS: Words = {
    "purpose": _("the purpose changed"),
    "affected_groups": _("the affected groups changed"),
    "deployment_context": _("it is used elsewhere"),
    "autonomy_level": _("its autonomy changed"),
    "models": _("the model version changed"),
    "sources": _("the sources of data changed"),
    "tier": _("the tier changed"),
    "law": _("the law changed"),
    "serious incident": _("a serious incident happened"),
    "method": _("the method changed"),
    "measured": _("it was measured anew"),
    "time": _("the planned interval has passed"),
}
SCALES: Words = {
    "severity": _("How grave"),
    "likelihood": _("How likely"),
    "reversibility": _("Can it be undone"),
}
METHOD_PARTS: Words = {
    "triggers": _("When an assessment is made"),
    "scope": _("What it is about"),
    "roles": _("Who makes it"),
    "scales": _("Scales"),
    "analysis": _("How effects are judged"),
    "approval": _("Who approves"),
    "disclosure": _("Who is told"),
    "review": _("When it is looked at again"),
}
VIEWS: Words = {
    "fria": _("Fundamental rights impact assessment"),
    "dpia": _("Data protection impact assessment"),
}
POINTS: Words = {
    "27-1-a": _("The processes of the deployer in which it is used"),
    "27-1-b": _("The period and frequency of use"),
    "27-1-c": _("The persons and groups likely to be affected"),
    "27-1-d": _("The harm they could suffer"),
    "27-1-e": _("Human oversight"),
    "27-1-f": _("What is done when harm occurs, governance and complaints"),
    "35-7-a": _("The processing and its purposes"),
    "35-7-b": _("Necessity and proportionality"),
    "35-7-c": _("Risks to rights and freedoms"),
    "35-7-d": _("Measures and safeguards"),
    "35-9": _("The views of those affected"),
}
APPLIES: Words = {
    "annex_iii_systems": _("systems of Annex III"),
    "annex_i_systems": _("systems of Annex I"),
    "": _("applies"),
}


BECAUSE: Words = {
    "the inventory says that it is used there": _("the inventory says that it is used there"),
    "the tier is high": _("the tier is high"),
    "the tier is not known, so it is taken as high": _("the tier is not known, so it is taken as high"),
    "level of autonomy": _("level of autonomy"),
    "a harm of severity": _("a harm of severity"),
    "a harm that cannot be undone": _("a harm that cannot be undone"),
}
"""Why a use meets a criterion, where no person said it."""


# house: allow permit-first: a word that everybody gets
def because(met: Met) -> str:
    """Return why a use meets a criterion: in the words of whoever named it, or of the product with the figure."""
    said = str(BECAUSE.get(met.because, met.because))
    return said if met.figure is None else f"{said}: {met.figure}"


# house: allow permit-first: a word that everybody gets
def point_word(name: str) -> str:
    """Return how an open point is called: a question, a topic of effects, or that a benefit is missing."""
    if name == "benefit":
        return str(_("At least one benefit"))
    if name == "use":
        return str(_("What the use touches"))
    if name.startswith("effect:"):
        return str(TOPICS.get(name.removeprefix("effect:"), name))
    return str(QUESTIONS.get(name, name))

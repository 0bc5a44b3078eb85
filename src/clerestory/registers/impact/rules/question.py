"""What an assessment asks, in the order of ISO/IEC 42005, and which topics of effects it judges."""

from collections.abc import Mapping
from dataclasses import dataclass

INDIVIDUAL = ("fairness", "privacy", "safety", "access", "rights", "autonomy", "money")
"""Topics of effects on persons and groups, as the catalogue lists them."""
SOCIETAL = ("environment", "economy", "public life", "health", "culture", "misuse")
"""Topics of effects on societies and the environment, as the catalogue lists them."""
TOPICS = (*INDIVIDUAL, *SOCIETAL)
MISUSE = "misuse"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the part of the assessment it stands in, and whether even a light assessment answers it."""

    name: str
    part: str
    always: bool = False
    is_list: bool = False
    """Whether its answer is a list, one per line, such as groups of people."""


QUESTIONS = (
    Question("purpose", "system", always=True),
    Question("capabilities", "system", always=True),
    Question("intended_uses", "system"),
    Question("unintended_uses", "system", always=True),
    Question("misuse_scenarios", "system", is_list=True),
    Question("data_used", "data", always=True),
    Question("data_quality", "data"),
    Question("personal_data", "data"),
    Question("necessity", "data"),
    Question("model_kind", "model", always=True),
    Question("model_evaluation", "model"),
    Question("deployment_context", "deployment", always=True),
    Question("deployment_process", "deployment"),
    Question("deployment_period", "deployment"),
    Question("oversight", "deployment"),
    Question("affected_groups", "parties", always=True, is_list=True),
    Question("vulnerable_groups", "parties"),
    Question("not_heard", "parties"),
    Question("failures", "failures", always=True),
    Question("response", "failures"),
    Question("measures", "measures", always=True),
    Question("remaining", "measures", always=True),
)
PARTS = tuple(dict.fromkeys(question.part for question in QUESTIONS))
BY_NAME: Mapping[str, Question] = {question.name: question for question in QUESTIONS}
OPTIONAL = frozenset({"not_heard", "misuse_scenarios"})
"""Never asked for by themselves: one stands in for people who were heard, one may be empty where misuse is judged."""

ASKED_BY: Mapping[str, tuple[str, ...]] = {
    "purpose": ("purpose",),
    "misuse": ("unintended_uses",),
    "data": ("data_used",),
    "model": ("model_kind",),
    "deployment": ("deployment_context",),
    "groups": ("affected_groups",),
    "failure": ("failures",),
    "measures": ("measures",),
}
"""Items of the list of impact questions that answers alone cover; harms and benefits are covered by judged effects."""

MEASURED_FOR: Mapping[str, str] = {
    "fairness": "fairness",
    "performance.subgroup": "fairness",
    "privacy": "privacy",
    "explainability": "rights",
    "robustness": "safety",
    "resources.energy-use": "environment",
    "security.abuse-scenarios": "misuse",
}
"""Which topic a family of checks or a check speaks to."""


def topic_of(check: str, family: str) -> str | None:
    """Return the topic that a result of a check speaks to; None where it speaks to none."""
    return MEASURED_FOR.get(check, MEASURED_FOR.get(family))

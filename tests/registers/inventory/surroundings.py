"""Parts of a system as tests need them."""

from dataclasses import replace
from datetime import date

from clerestory.registers.inventory.rules.agent import Act, Agent, Tool
from clerestory.registers.inventory.rules.part import Deployment, EmbeddedAI, Part, Prompt, Use
from tests.registers.records import model

SEARCH = Tool(name="search", acts=(Act.READS,), data="public pages", asks=False)
MAIL = Tool(name="mail", acts=(Act.READS, Act.SENDS), data="customers", limit="10 a day", asks=True)
MODEL = model().version_id


def agent(**changes: object) -> Agent:
    """Return an agent that searches and mails, at level 2."""
    plain = Agent(
        system_id="credit-scoring", slug="helper", name="Loan helper", purpose="Answers questions about loans",
        autonomy_level=2, status="active", tools=(SEARCH, MAIL),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def deployment(**changes: object) -> Deployment:
    """Return the deployment in the branch offices."""
    plain = Deployment(
        system_id="credit-scoring", slug="branch-offices", name="Branch offices", model_version=MODEL,
        environment="sha256:77aa", place="Frankfurt", started_on=date(2026, 10, 1), affects_people=True,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def prompt(text: str = "Be brief.\nNever promise a loan.") -> Prompt:
    """Return the prompt that answers applicants."""
    return Prompt(system_id="credit-scoring", slug="answer", name="Answer to applicants", text=text, used_for="Mail")


OTHERS: tuple[Part, ...] = (
    prompt(),
    Use(
        system_id="credit-scoring", slug="loan-desk", name="Loan desk", users="Loan officers", unit="Retail credit",
        what_for="Ranks applications",
    ),
    EmbeddedAI(
        system_id="credit-scoring", slug="office", name="Office suite", supplier="Example Software",
        does="Suggests answers to mail",
    ),
)  # fmt: skip

"""Records of the context as tests need them."""

from dataclasses import replace
from datetime import date

from clerestory.desk.actor import Actor
from clerestory.registers.context.rules.issue import ContextReview, Effect, Issue
from clerestory.registers.context.rules.obligation import Obligation, Source
from clerestory.registers.context.rules.party import Need, Party
from clerestory.registers.context.rules.scope import Exclusion, Placement, Scope

REVIEW = ContextReview(climate_relevant=False, climate_reason="We train small models.", conclusion="Watch the law.")
PLACE = Placement(
    system_id="credit-scoring", included=True, justification="It decides about people.", roles=("provider",),
    role_reason="We build it and put it to work.",
)  # fmt: skip
SCOPE = Scope(
    inside={
        "units": ("Retail credit",), "places": ("Head office",), "systems": ("Credit scoring",),
        "stages": ("deployment",), "interfaces": ("Data from the credit bureau",),
    },
    exclusions=(Exclusion("Chat tools of staff", "They are governed by information security."),),
    none_excluded=False,
    text="AI that decides about loans.",
)  # fmt: skip


def issue(text: str, topic: str = "outside") -> Issue:
    """Return an issue of a topic."""
    return Issue(issue_id="", text=text, topic=topic, effect=Effect.HINDERS, bearing="It bears on what we must do.")


def party(*needs: Need, name: str = "Applicants") -> Party:
    """Return a party with needs."""
    return Party(party_id="", name=name, needs=needs)


def bound(actor: Actor, **changes: object) -> Obligation:
    """Return an article of law that the actor watches."""
    plain = Obligation(
        obligation_id="", title="Serious incidents", citation="Regulation (EU) 2024/1689, Art. 73", source=Source.LAW,
        jurisdiction="EU", valid_from=date(2026, 8, 2), valid_until=None, owner=actor.person_id, what="Report them.",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]

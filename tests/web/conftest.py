"""An organisation with people of each access, one system, a criterion waiting for approval and results over time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from clerestory.assurance.measurement import GroupResult, Measurement, measurement_document
from clerestory.desk.actor import Actor
from clerestory.desk.entrance.links import first_owner_link
from clerestory.desk.models import Membership
from clerestory.desk.people import actor_of, admit
from clerestory.ledger.canonical import encode
from clerestory.registers.inventory.commands import register_ai_system, register_dataset_version, register_model_version
from clerestory.registers.inventory.rules import AIRole, AISystem, DataRole, DatasetVersion, ModelVersion, Stage
from clerestory.registers.organisation.commands import Founded, found_organisation
from clerestory.registers.organisation.rules import Profile
from clerestory.store import clock, evidence
from clerestory.store.facts import forget
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content, Evidence, FactValue, Machine, Subject, number_text
from clerestory.terms.ids import Digest, OrganisationId
from clerestory.terms.moment import Period

PASSWORD = "a window high in the wall"
MODEL = Digest("sha256:" + "4b1f0c2d9e8a" * 5 + "4b1f")
DATA = Digest("sha256:" + "9c02aa31b7d0" * 5 + "9c02")


@dataclass(frozen=True)
class Place:
    """One organisation and its people by access."""

    organisation_id: OrganisationId
    people: dict[str, str]

    def actor(self, access: str = "admin") -> Actor:
        """Return the actor of the person with that access, who has just proved who they are."""
        row = Membership.objects.get(organisation_id=self.organisation_id, user__email=self.people[access])
        return actor_of(row, authentication_id="auth-test")

    def client(self, access: str = "admin") -> Client:
        """Return a browser in which that person has just signed in with their password."""
        cache.clear()  # sign-ins of earlier tests are not this person's haste
        client = Client()
        response = client.post("/account/login/", {"login": self.people[access], "password": PASSWORD})
        assert response.status_code == 302, response.content.decode()[:2000]
        return client


def found(name: str, domain: str) -> Place:
    """Found an organisation with one person of each access."""
    link = first_owner_link(now=clock.now())
    founded: Founded = found_organisation(
        link=link, profile=Profile(name=name), email=f"admin@{domain}", name="Ada Admin", password=PASSWORD
    )
    people = {"admin": f"admin@{domain}"}
    for access, person in (("editor", "Edith Editor"), ("viewer", "Vera Viewer"), ("auditor", "Ike Auditor")):
        people[access] = f"{access}@{domain}"
        admit(
            organisation_id=founded.organisation_id,
            email=people[access],
            name=person,
            access=access,
            roles=("accountable_owner",) if access == "editor" else (),
            now=clock.now(),
            password=PASSWORD,
        )
    return Place(founded.organisation_id, people)


def system_of(place: Place, system_id: str = "credit-scoring") -> None:
    """Register a system with a model and a data set."""
    actor = place.actor("admin")
    register_ai_system(
        actor=actor,
        system=AISystem(
            system_id=system_id,
            name="Credit scoring",
            purpose="Rank consumer loan applications for an officer's decision",
            owner=actor.person_id,
            stage=Stage.VERIFICATION,
            ai_role=(AIRole.PROVIDER,),
            use_areas=("credit",),
            in_scope=True,
            affects_people=True,
            affected_groups=("applicants",),
        ),
    )
    register_model_version(actor=actor, model=ModelVersion(system_id=system_id, artefact_digest=MODEL))
    register_dataset_version(
        actor=actor,
        dataset=DatasetVersion(system_id=system_id, role=DataRole.TEST, content_digest=DATA, about_people=True),
    )


def values_of(
    check: str, criterion: str, verdict: str, value: float, spread: float, reason: str
) -> dict[str, FactValue]:
    """Return the fields of one result."""
    return {
        "check": check,
        "family": check.partition(".")[0].replace("-", "_"),
        "criterion": criterion,
        "threshold_source": "own criteria 3.0",
        "value": number_text(value),
        "low": number_text(value - spread),
        "high": number_text(value + spread),
        "n": 1000,
        "verdict": verdict,
        "reason": reason,
        "data_role": "test",
        "slice": "",
        "share_unassessable": "0",
        "run_mode": "pushed",
        "reproduced_by": (),
        "tool_version": "clerestory 0.1",
        "config_digest": str(DATA),
        "input_digests": (str(DATA),),
        "declared": (f"{check}|{criterion}|",),
    }


def result(
    place: Place,
    check: str,
    criterion: str,
    verdict: str,
    value: float,
    spread: float,
    *,
    days_ago: int,
    by_group: tuple[GroupResult, ...] = (),
    reason: str = "",
    system_id: str = "credit-scoring",
) -> None:
    """Append one result of a check as the intake does."""
    ended = datetime.now(UTC) - timedelta(days=days_ago, hours=1)
    found_it = Measurement(
        check=check,
        method="test",
        method_version="1",
        value=value,
        low=value - spread,
        high=value + spread,
        n=1000,
        by_group=by_group,
    )
    subject = Subject("model_version", f"{system_id}/{MODEL.removeprefix('sha256:')[:12]}")
    values = values_of(check, criterion, verdict, value, spread, reason)
    with atomic():
        evidence.append(
            Evidence(
                kind="check",
                subject=subject,
                produced_by=Machine("clerestory", "0.1.0", DATA, (DATA,)),
                observed=Period.at(ended),
                values=values,
                entity=f"check/{check}/{days_ago}",
                links=(Subject("ai_system", system_id),),
                content=Content(
                    encode({"measurement": measurement_document(found_it), "tallies": []}), "application/json"
                ),
            ),
            organisation_id=place.organisation_id,
            now=ended + timedelta(minutes=1),
        )


def results_of(place: Place) -> None:
    """Append three checks over half a year."""
    groups = (
        GroupResult(group="sex=female", value=0.71, low=0.66, high=0.76, n=310),
        GroupResult(group="sex=male", value=0.88, low=0.85, high=0.91, n=690),
        GroupResult(group="sex=other", value=0.9, low=0.4, high=0.99, n=9, assessed=False, note="below 30"),
    )
    for step, value in enumerate((0.91, 0.9, 0.87, 0.84, 0.79, 0.74)):
        verdict = "PASS" if value > 0.85 else "INCONCLUSIVE" if value > 0.76 else "FAIL"
        result(
            place,
            "fairness.selection-rate-ratio",
            ">= 0.8",
            verdict,
            value,
            0.04,
            days_ago=150 - 30 * step,
            by_group=groups,
            reason="interval crosses the limit" if verdict == "INCONCLUSIVE" else "",
        )
    for step, value in enumerate((0.78, 0.79, 0.785, 0.79)):
        result(place, "performance.task-metric", ">= 0.7", "PASS", value, 0.02, days_ago=100 - 30 * step)
    result(place, "drift.population-stability-index", "< 0.2", "PASS", 0.06, 0.02, days_ago=3)


@pytest.fixture
def place(db: None) -> Place:
    """Give an organisation with people and nothing else."""
    forget()
    return found("Northlight Bank", "northlight.example")


@pytest.fixture
def elsewhere(place: Place) -> Place:
    """Give a second organisation with people of its own."""
    return found("Southlight Bank", "southlight.example")


@pytest.fixture
def furnished(place: Place) -> Place:
    """Give an organisation with a system, versions and results over time."""
    system_of(place)
    results_of(place)
    return place


@pytest.fixture
def signed_in(place: Place) -> Callable[[str], Client]:
    """Give browsers by access."""
    return place.client

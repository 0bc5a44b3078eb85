"""Every address of the registers' API: without a token nothing, with one no more than its member and scopes allow."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from clerestory.desk.approval import approve
from clerestory.desk.entrance.tokens import create_token
from clerestory.desk.people import members
from clerestory.intake.receive import receive
from clerestory.ledger.canonical import encode
from clerestory.registers.impact.rules.method import SCALES, WRITTEN
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.lifecycle.commands import request_change
from clerestory.registers.organisation import commands as organisation
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules import Role
from clerestory.store import clock, log
from clerestory.store.log import Search
from tests.intake.loans import ran, registered, write
from tests.organisation import NOW, found, join
from tests.registers.lifecycle.surroundings import process, wanted
from tests.registers.policy.surroundings import DRAFT, policy
from tests.registers.records import dataset, digest, model, register
from tests.registers.roles.council import council
from tests.standing import as_built, standing

VERSION, MODEL = dataset().version_id, model().version_id
READS = (
    "inventory/systems",
    "inventory/systems/credit-scoring",
    "inventory/classes",
    "inventory/classes/credit-scoring",
    "inventory/law/affected",
    "lifecycle/changes",
    "lifecycle/changes/change-1",
    "lifecycle/unapproved",
    "lifecycle/releases",
    "lifecycle/criteria",
    "inventory/models",
    f"inventory/models/{MODEL}",
    "inventory/datasets",
    "inventory/budgets",
    "inventory/parts?system_id=credit-scoring",
    "inventory/systems/credit-scoring/reassess",
    "inventory/access",
    f"inventory/datasets/{VERSION}",
    "roles",
    "roles/members",
    "roles/role/overseer",
    "roles/reports",
    "roles/systems",
    "roles/matrix",
    "roles/committees",
    "roles/committees/ai-council",
    "roles/committees/ai-council/meetings",
    "roles/committees/ai-council/meetings/1",
    "organisation/shared-parts",
    "data/versions",
    f"data/criteria/{VERSION}",
    f"data/datasheets/{VERSION}",
    "data/procedure",
    "applicability",
    "applicability/controls/A.7.4",
    "applicability/exceptions",
    "context/issues",
    "context/reviews",
    "context/parties",
    "context/obligations",
    "context/scope",
    "policy/policies",
    "policy/policies/ai-policy",
    "policy/acts/review",
    "impact/method",
    "impact/systems",
    "impact/systems/credit-scoring",
    "impact/systems/credit-scoring/made",
    "impact/systems/credit-scoring/law/dpia",
    "incidents/procedures",
    "incidents/counts",
    "incidents/trials",
)
SYSTEM = {
    "system_id": "fraud", "name": "Fraud alarm", "purpose": "Find odd payments", "stage": "deployment",
    "ai_role": ["provider"], "use_areas": ["credit"],
}  # fmt: skip
WRITES = {
    ("post", "inventory/systems"): SYSTEM,
    ("post", "lifecycle/changes"): {
        "system_id": "credit-scoring", "title": "New model", "aspects": ["model"], "why": "Drift.",
        "decide_by": f"{(clock.now() + timedelta(days=9)).date()}",
    },
    ("post", "lifecycle/changes/change-1/assessment"): {
        "renew": ["risk assessment"], "risk_before": "high", "risk_after": "low", "effect": "Fewer refusals.",
        "rollback": "Version 2.", "expected_version": 1,
    },
    ("post", "lifecycle/changes/change-1/made"): {"made_on": "2026-11-21", "expected_version": 1},
    ("post", "lifecycle/releases"): {"system_id": "credit-scoring", "model_version": MODEL, "despite": "It must."},
    ("put", "lifecycle/criteria/retraining"): {"criteria": ["completeness >= 0.98"]},
    ("put", "inventory/classes/credit-scoring"): {"given": {"system": ["yes"], "areas": ["III.5b"]}},
    ("put", "inventory/systems/credit-scoring"): SYSTEM | {"system_id": "credit-scoring", "expected_version": 1},
    ("post", "inventory/systems/credit-scoring/stage"): {"stage": "deployment", "expected_version": 1},
    ("post", "inventory/systems/credit-scoring/owner"): {"owner": "", "expected_version": 1},
    ("post", "inventory/models"): {"system_id": "credit-scoring", "artefact_digest": digest("more")},
    ("put", f"inventory/models/{MODEL}"): {"status": "released", "expected_version": 1},
    ("post", "inventory/datasets"): {
        "system_id": "credit-scoring", "role": "training", "content_digest": digest("train"), "about_people": True
    },
    ("post", "inventory/parts"): {
        "system_id": "credit-scoring", "kind": "use", "slug": "desk", "name": "Loan desk", "status": "active",
        "said": {"users": "Officers", "unit": "Retail", "what_for": "Ranking"},
    },
    ("post", "inventory/systems/credit-scoring/resources"): {
        "sort": "resources", "about": "credit-scoring", "topics": {"data": "Loans of five years"}
    },
    ("post", "inventory/systems/credit-scoring/posts"): {
        "posts": [{"name": "Overseer", "skills": "May stop it", "stages": ["deployment"], "oversight": True}]
    },
    ("post", "roles"): {"role_id": "reviewer", "name": "Reviewer", "has_ai_duties": True, "duties": ["review"]},
    ("post", "roles/assignments"): {"role_id": "overseer", "duty": "oversight", "holder": ""},
    ("post", "roles/reports"): {"received_by": ["top_management"], "topics": ["status"], "summary": "Told."},
    ("post", "roles/matrix"): {
        "work_kind": "duty", "work_id": "overseer/oversight", "letters": {}, "expected_version": 0,
    },
    ("post", "roles/committees"): {
        "committee_id": "second", "name": "Second council", "charter": "Looks at what waits.", "seats": [], "quorum": 2,
    },
    ("post", "roles/committees/ai-council/meetings/1/minutes"): {
        "held_on": f"{NOW.date()}", "present": [], "text": "We met.",
    },
    ("post", "organisation/shared-parts"): {
        "other": "iso27001-2022", "requirement": "9.2.1", "other_clause": "9.2", "reused": "Plan",
    },
    ("post", "roles/systems/credit-scoring"): {"held": {}, "accountable": ""},
    ("post", f"data/criteria/{VERSION}"): {"limits": [{"topic": "valid", "text": "x"}]},
    ("post", f"data/datasheets/{VERSION}"): {"sections": {"source": "core"}, "keep_for": "P1Y"},
    ("post", "data/procedure"): {"parts": ["collection"], "steps": ["collect"], "text": "So."},
    ("post", "applicability/controls/A.7.4"): {
        "included": True, "justification": "Our systems rest on data.", "ground": "law"
    },
    ("post", "applicability/exceptions"): {
        "rule": "A.7.4/quality-measured", "justification": "Data arrive in spring.", "valid_until": "2020-01-01"
    },
    ("post", "context/issues"): {
        "text": "New law", "topic": "outside", "effect": "hinders", "bearing": "Duties move."
    },
    ("post", "context/reviews"): {"climate_relevant": False, "climate_reason": "Small models.", "conclusion": "Watch."},
    ("post", "context/parties"): {"name": "Applicants", "needs": [{"text": "reasons for a refusal"}]},
    ("post", "context/parties/review"): {},
    ("post", "context/parties/trace"): {},
    ("post", "context/obligations"): {
        "title": "Incidents", "citation": "Art. 73", "source": "law", "jurisdiction": "EU", "what": "Report.",
        "valid_from": "2026-08-02", "owner": "",
    },
    ("post", "context/obligations/review"): {"jurisdictions": ["EU"], "law_as_of": "2026-11-01"},
    ("post", "context/scope"): {"text": "AI about loans.", "inside": {"units": ["Retail"]}, "none_excluded": True},
    ("post", "policy/policies"): {
        "policy_id": "travel", "title": "Travel", "owner": "", "text": "So.", "audiences": ["staff"],
        "review_by": "2030-01-01",
    },
    ("post", "policy/policies/ai-policy/versions"): {
        "text": "So.", "audiences": ["staff"], "review_by": "2030-01-01", "expected_version": 1
    },
    ("post", "policy/policies/ai-policy/publications"): {"version": 1, "reached": ["staff"], "how": "Web."},
    ("post", "policy/comparisons"): {"compared": ["Information security policy"]},
    ("post", "policy/conflicts/1/amendment"): {"amended": "2.0"},
    ("post", "policy/reviews"): {"inputs": ["law"], "recommendation": "Keep."},
    ("post", "incidents/procedures"): {
        "text": "Write.", "safeguards": [], "receivers": [], "answer_days": 30, "outside": "Court.",
        "expected_version": 0,
    },
    ("post", "incidents/trials"): {},
    ("post", "policy/reviews/outcome"): {"outcome": "kept", "next_review_on": "2030-01-01"},
    ("post", "impact/method"): {
        "triggers": ["a new purpose"], "scales": {name: ["low", "high"] for name in SCALES}, "treat_from": 2,
        "texts": dict.fromkeys(WRITTEN, "So."),
    },
    ("post", "impact/thresholds"): {"weights": {"children": "restricted"}, "reason": "We are careful."},
    ("post", "impact/retention"): {"years": 10, "citation": "Commercial code, 257"},
    ("post", "impact/systems/credit-scoring/answers"): {"answers": {"purpose": "Rank loans"}},
    ("post", "impact/systems/credit-scoring/use"): {"marks": ["children"], "reason": "Loans for families."},
    ("post", "impact/systems/credit-scoring/effects"): {
        "topic": "culture", "nature": "none", "reason": "Loans change no habits."
    },
    ("post", "impact/systems/credit-scoring/heard"): {
        "group": "applicants", "held_on": "2026-01-01", "way": "survey", "people": 9, "said": "Fine.", "done": "Noted."
    },
    ("post", "impact/systems/credit-scoring/versions"): {},
    ("post", "impact/systems/credit-scoring/decisions"): {"outcome": "proceed", "reason": "It helps.", "assessment": 1},
    ("post", "impact/systems/credit-scoring/conditions/1"): {"how": "Done.", "decision": 1},
    ("post", "impact/systems/credit-scoring/risks"): {"rows": [], "assessment": 1},
    ("post", "impact/systems/credit-scoring/told"): {"justification": "Nobody asks.", "assessment": 1},
    ("post", "context/systems/credit-scoring"): {
        "included": True, "justification": "It decides.", "roles": ["provider"], "role_reason": "We build it."
    },
}  # fmt: skip
REFUSED_AS_GIVEN = {
    "lifecycle/changes/change-1/made",
    "applicability/exceptions",
    "context/reviews",
    "context/parties/review",
    "context/parties/trace",
    "policy/policies/ai-policy/publications",
    "policy/conflicts/1/amendment",
    "policy/reviews/outcome",
    *(f"impact/systems/credit-scoring/{step}" for step in ("versions", "decisions", "conditions/1", "risks", "told")),
    "incidents/trials",
}
"""Nothing is there yet that could be excepted, weighed, decided, traced, published, amended, followed or tried."""


def furnished():
    """Return the owner of an organisation with one record of each kind."""
    actor = found()
    register(actor)
    inventory.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    request_change(actor=actor, said=wanted(), now=NOW)
    organisation.register_process(actor=actor, process=process(actor), now=NOW)
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    role = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight",))
    roles.define_role(actor=actor, role=role, now=NOW)
    begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    council(actor)
    return actor


built = standing(furnished)


@pytest.fixture
def owner(built, db):
    """Give the owner of an organisation with one record of each kind, as it was built."""
    return as_built(built)


def token(actor, *scopes: str) -> dict[str, str]:
    secret, _ = create_token(actor=actor, name="test", scopes=scopes, now=clock.now())
    return {"authorization": f"Bearer {secret}"}


def call(method: str, path: str, body: object = None, headers: dict[str, str] | None = None):
    data = b"" if body is None else encode(body)
    return getattr(Client(), method)(
        f"/api/v1/{path}", data=data, content_type="application/json", headers=headers or {}
    )


def filled(owner, body: dict) -> dict:
    """Name the owner wherever a person is asked for."""
    wanted = {
        key: owner.person_id if key in ("owner", "holder", "accountable") else value for key, value in body.items()
    }
    return wanted | ({"owner": owner.person_id} if "system_id" in body and "purpose" in body else {}) | (
        {"held": {"risk": owner.person_id}} if "held" in body else {}
    ) | ({"receivers": [owner.person_id]} if "receivers" in body else {}
    ) | ({"letters": {owner.person_id: "A"}} if "letters" in body else {}
    ) | ({"seats": seats(owner)} if "seats" in body else {}
    ) | ({"present": [owner.person_id]} if "present" in body else {}
    )  # fmt: skip


def seats(owner) -> list[dict[str, str]]:
    """Seat three members of two functions."""
    people = [member.person_id for member in members(owner)][:3]
    return [{"person": who, "function": what} for who, what in zip(people, ("Law", "Risk", "Risk"), strict=True)]


def entries(owner) -> int:
    return log.search(owner.organisation_id, Search()).total


@pytest.mark.parametrize("path", READS)
def test_each_address_is_read_with_a_reading_token_and_not_without_one(owner, path):
    assert call("get", path).status_code == 401
    response = call("get", path, headers=token(owner, "read"))
    assert response.status_code == 200, response.content
    assert json.loads(response.content) is not None


@pytest.mark.parametrize("path", READS)
def test_a_pushing_token_reads_nothing(owner, path):
    assert call("get", path, headers=token(owner, "push")).status_code == 403


@pytest.mark.parametrize("path", [p for p in READS if p.count("/") > 1 or p == "roles/role/overseer"])
def test_another_organisation_finds_no_such_record(owner, path):
    stranger = found("Other Bank", email="other@example.org")
    response = call("get", path, headers=token(stranger, "read"))
    if path in ("applicability/controls/A.7.4", "policy/acts/review", "inventory/law/affected"):
        assert json.loads(response.content) == []
    else:
        assert response.status_code == 404, response.content


@pytest.mark.parametrize("method, path", WRITES)
def test_each_write_is_one_command_for_a_writing_token(owner, method, path):
    before = entries(owner)
    response = call(method, path, filled(owner, WRITES[method, path]), token(owner, "write", "read"))
    if path in REFUSED_AS_GIVEN:
        assert response.status_code in (404, 422)
        assert set(json.loads(response.content)) == {"problem", "remedy"}
        assert entries(owner) == before
    else:
        assert response.status_code in (200, 201), response.content
        assert entries(owner) > before


@pytest.mark.parametrize("method, path", WRITES)
def test_nothing_is_written_without_token_scope_or_access(owner, method, path):
    body, before = filled(owner, WRITES[method, path]), entries(owner)
    assert call(method, path, body).status_code == 401
    assert call(method, path, body, {"authorization": "Bearer clr_wrong"}).status_code == 401
    assert call(method, path, body, token(owner, "read")).status_code == 403
    viewer = join(owner.organisation_id, "viewer", (), "viewer@example.org")
    assert call(method, path, body, token(viewer, "read")).status_code == 403
    assert entries(owner) == before


def test_unknown_keys_and_wrong_words_are_named(owner):
    headers = token(owner, "write", "read")
    wrong = call("post", "inventory/systems", filled(owner, SYSTEM) | {"colour": "blue"}, headers)
    assert wrong.status_code == 422
    assert "colour" in wrong.content.decode()
    stage = call("post", "inventory/systems", filled(owner, SYSTEM) | {"stage": "finished"}, headers)
    assert stage.status_code == 422
    tier = call("post", "inventory/systems", filled(owner, SYSTEM) | {"use_areas": ["huge"]}, headers)
    assert "huge" in json.loads(tier.content)["problem"]


def test_an_address_and_a_body_that_name_two_systems_change_neither(owner):
    before, headers = entries(owner), token(owner, "write", "read")
    for other in ("fraud", "", "../credit-scoring"):
        body = filled(owner, SYSTEM) | {"system_id": other, "expected_version": 1}
        response = call("put", "inventory/systems/credit-scoring", body, headers)
        assert response.status_code == 422
        assert "The address names" in json.loads(response.content)["problem"]
    assert entries(owner) == before


def test_a_change_from_an_old_version_is_a_conflict(owner):
    headers = token(owner, "write", "read")
    change = {"stage": "deployment", "expected_version": 1}
    assert call("post", "inventory/systems/credit-scoring/stage", change, headers).status_code == 200
    assert call("post", "inventory/systems/credit-scoring/stage", change, headers).status_code == 409


def test_a_run_and_a_registration_are_pushed_with_a_pushing_token(owner, tmp_path):
    folder = write(tmp_path)
    headers = token(owner, "push")
    made = call("post", "intake/registrations", registered(folder), headers)
    assert made.status_code == 201, made.content
    assert json.loads(made.content)["criteria_version"] == 1
    run = ran(folder, at=clock.now() - timedelta(minutes=5))
    assert call("post", "intake/runs", run).status_code == 401
    assert call("post", "intake/runs", run, token(owner, "read", "write")).status_code == 403
    response = call("post", "intake/runs", run, headers)
    assert response.status_code == 201, response.content
    receipt = json.loads(response.content)
    assert (receipt["already_received"], len(receipt["checks"])) == (False, 5)
    again = json.loads(call("post", "intake/runs", run, headers).content)
    assert again["already_received"]
    assert again["checks"] == receipt["checks"]
    assert receive(run, actor=owner).run_id == receipt["run_id"]


def test_an_edited_run_and_what_is_no_canonical_document_are_refused(owner, tmp_path):
    run = ran(write(tmp_path), at=clock.now() - timedelta(minutes=5))
    headers, before = token(owner, "push"), entries(owner)
    run["checks"][0]["verdict"] = "FAIL"
    response = call("post", "intake/runs", run, headers)
    assert response.status_code == 422
    assert "data_quality.schema" in json.loads(response.content)["problem"]
    for body in (b"", b"{", b"[]", b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.5}', b"\xff", b"null"):
        refused = Client().post("/api/v1/intake/runs", data=body, content_type="application/json", headers=headers)
        assert refused.status_code == 422, body
    assert entries(owner) == before


def test_a_push_that_is_too_large_is_told_so(owner, tmp_path, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = call("post", "intake/runs", ran(write(tmp_path)), token(owner, "push"))
    assert response.status_code == 422
    assert "larger" in json.loads(response.content)["problem"]


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "x" * 201, " "])
def test_a_name_that_no_screen_shows_is_refused_on_every_database(owner, text):
    before = entries(owner)
    response = call("post", "inventory/systems", filled(owner, SYSTEM) | {"name": text}, token(owner, "write", "read"))
    unreadable = not text.isprintable() and "\u202e" not in text
    assert response.status_code == (400 if unreadable else 422)
    assert ("not readable" if unreadable else "name of the system") in json.loads(response.content)["problem"]
    assert entries(owner) == before


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text.replace("Fraud alarm", "a\\u0000b").encode("utf-16"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode().replace(b"Fraud alarm", b"a\xed\xa0\x80b"),
        lambda text: text.replace("Fraud alarm", "a\\ud800b").encode(),
        lambda text: text.encode().replace(b"Fraud alarm", b"a\xffb"),
        lambda _text: b"[" * 100_000,
    ],
)
def test_a_body_that_is_not_plain_json_of_whole_characters_is_refused_and_never_an_error_of_the_server(owner, wrap):
    before, body = entries(owner), wrap(json.dumps(filled(owner, SYSTEM)))
    for path in ("inventory/systems", "inventory/models", "lifecycle/releases"):
        response = Client().post(
            f"/api/v1/{path}", data=body, content_type="application/json", headers=token(owner, "write", "read")
        )
        assert response.status_code == 400, response.content
    assert entries(owner) == before


def test_a_decision_on_a_control_does_not_overwrite_one_that_was_not_read(owner):
    path, headers = "applicability/controls/A.7.4", token(owner, "write", "read")
    said = dict(WRITES["post", path])
    assert call("post", path, said, headers).status_code == 201
    for version in ({}, {"expected_version": 0}, {"expected_version": 2}):
        assert call("post", path, said | version, headers).status_code == 409
    read = json.loads(call("get", path, headers=headers).content)[0]
    assert call("post", path, said | {"expected_version": read["version"]}, headers).status_code == 201


def test_a_committee_is_set_up_called_and_its_minutes_kept_over_the_api(owner):
    headers, base = token(owner, "write", "read"), "roles/committees/second"
    body = filled(owner, WRITES["post", "roles/committees"])
    made = call("post", "roles/committees", body, headers)
    assert made.status_code == 201, made.content
    assert call("post", "roles/committees", body, headers).status_code == 409, "there is one of that id"
    day = {"planned_for": f"{clock.now().date()}"}
    early = call("post", "committee/second/call", day, headers)
    assert early.status_code == 422 and "not approved" in json.loads(early.content)["problem"]
    second = join(owner.organisation_id, "editor", (), "signer@example.org")
    approve(actor=second, entry_id=json.loads(made.content)["entry_id"], now=clock.now())
    assert call("post", "committee/second/call", day, token(owner, "read")).status_code == 403
    assert json.loads(call("post", "committee/second/call", day, headers).content)["number"] == 1
    met = json.loads(call("get", f"{base}/meetings/1", headers=headers).content)
    assert met["agenda"] and met["minutes"] is None
    present = [seat["person"] for seat in body["seats"]]
    said = {
        "held_on": day["planned_for"], "present": present, "text": "We met.",
        "decisions": [{"place": 0, "text": "It waits."}],
    }  # fmt: skip
    assert call("post", f"{base}/meetings/1/minutes", said, headers).status_code == 201
    assert call("post", f"{base}/meetings/1/minutes", said, headers).status_code == 409
    listed = json.loads(call("get", f"{base}/meetings", headers=headers).content)
    assert listed[0]["minutes"]["decisions"] == [{"place": 0, "text": "It waits."}]
    stranger = found("Other Bank", email="other@example.org")
    assert call("get", f"{base}/meetings", headers=token(stranger, "read")).status_code == 404

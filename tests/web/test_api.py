"""The API answers as the screens do, to tokens and to signed-in people."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.test import Client
from ninja import Schema
from ninja.schema import NinjaGenerateJsonSchema

from clerestory.desk.entrance.tokens import create_token, revoke_token
from clerestory.store import clock
from clerestory.web.api import api
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)


def bearer(place: Place, *scopes: str, access: str = "editor") -> Client:
    """Return a client with a fresh token."""
    secret, _record = create_token(actor=place.actor(access), name="test", scopes=scopes or ("read",), now=clock.now())
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_status_has_the_shape_that_machines_rely_on(furnished: Place) -> None:
    document = bearer(furnished).get("/api/v1/status").json()
    assert set(document) == {"framework", "at", "requirements"}
    assert len(document["requirements"]) == 70
    assert set(document["requirements"][0]) == {
        "id",
        "title",
        "conformity",
        "coverage",
        "because",
        "missing",
        "stale_on",
    }


def test_status_of_a_past_day_knows_nothing_of_later_entries(furnished: Place) -> None:
    day = (clock.now() - timedelta(days=400)).date().isoformat()
    document = bearer(furnished).get(f"/api/v1/status?at={day}").json()
    assert {item["conformity"] for item in document["requirements"]} == {"NOT_EVIDENCED"}


def test_an_entry_comes_with_the_hashes_that_lead_to_the_signed_root(furnished: Place) -> None:
    client = bearer(furnished)
    found = client.get("/api/v1/evidence?kind=check").json()
    assert found["total"] == 11
    entry = client.get(f"/api/v1/evidence/{found['entries'][0]['entry_id']}").json()
    assert entry["inclusion"]
    assert entry["checkpoint"].startswith("clerestory")
    assert json.loads(entry["facts"])["kind"] == "check"


def test_why_names_what_is_missing_and_who_brings_it(furnished: Place) -> None:
    document = bearer(furnished).get("/api/v1/status/iso42001-2023/A.7.4").json()
    assert document["rules"]
    assert any("clerestory check" in item["text"] for item in document["missing"])


def test_a_system_shows_its_checks_the_worst_first(furnished: Place) -> None:
    checks = bearer(furnished).get("/api/v1/systems/credit-scoring/checks").json()["checks"]
    assert checks[0]["check"] == "fairness.selection-rate-ratio"
    assert [point["verdict"] for point in checks[0]["results"]][-1] == "FAIL"


def test_a_call_without_token_is_refused_with_a_remedy(place: Place) -> None:
    response = Client().get("/api/v1/status")
    assert response.status_code == 401
    assert set(response.json()) == {"problem", "remedy"}


def test_a_write_without_or_with_a_wrong_token_is_refused_with_a_remedy(place: Place) -> None:
    for headers in ({}, {"authorization": "Bearer clr_wrong"}):
        client = Client(headers=headers, enforce_csrf_checks=True)
        response = client.post("/api/v1/evidence/none/revoke", {"reason": "x"}, content_type="application/json")
        assert response.status_code == 401, headers
        assert set(response.json()) == {"problem", "remedy"}


def test_a_token_without_the_scope_is_told_which_one_it_lacks(furnished: Place) -> None:
    client = bearer(furnished, "push")
    refused = client.get("/api/v1/status")
    assert refused.status_code == 403
    assert "scope read" in refused.json()["problem"]


def test_a_token_that_was_ended_works_no_longer(place: Place) -> None:
    actor = place.actor("editor")
    secret, record = create_token(actor=actor, name="ci", scopes=("read",), now=clock.now())
    client = Client(headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/status").status_code == 200
    revoke_token(actor=actor, token_id=record.token_id, now=clock.now())
    assert client.get("/api/v1/status").status_code == 401


def test_a_token_can_never_sign(furnished: Place) -> None:
    client = bearer(furnished, "read", "write")
    entry_id = client.get("/api/v1/evidence?kind=check").json()["entries"][0]["entry_id"]
    response = client.post(f"/api/v1/evidence/{entry_id}/revoke", {"reason": "wrong"}, content_type="application/json")
    assert response.status_code == 403


def test_a_browser_session_needs_the_token_of_a_form_to_write(furnished: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = furnished.client("admin").cookies
    entry_id = client.get("/api/v1/evidence?kind=check").json()["entries"][0]["entry_id"]
    response = client.post(f"/api/v1/evidence/{entry_id}/revoke", {"reason": "wrong"}, content_type="application/json")
    assert response.status_code == 403


@pytest.mark.parametrize(
    "address, code",
    [
        ("/api/v1/status?framework=none", 404),
        ("/api/v1/status?at=yesterday", 400),
        ("/api/v1/status?at=0001-01-01", 400),
        ("/api/v1/evidence/none", 404),
        ("/api/v1/status/iso42001-2023/none", 404),
        ("/api/v1/evidence?page=x", 422),
        ("/api/v1/systems/none/checks", 404),
    ],
)
def test_what_does_not_exist_or_cannot_be_read_is_told_with_problem_and_remedy(
    place: Place, address: str, code: int
) -> None:
    response = bearer(place).get(address)
    assert response.status_code == code
    assert {"problem", "remedy"} <= set(response.json())


def test_no_name_in_the_description_stands_for_two_bodies(place: Place) -> None:
    named = Client().get("/api/v1/openapi.json").json()["components"]["schemas"]
    modules: dict[str, set[str]] = {}
    waiting = [Schema]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        for each in found:
            if each.__module__.startswith("clerestory.") and each.__name__ in named:
                modules.setdefault(each.__name__, set()).add(each.__module__)
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}
    fields = named["ChangeAssessmentWanted"]["properties"]
    assert {"renew", "rollback", "risk_before"} <= set(fields)


def test_the_api_describes_itself_as_openapi_3_1(place: Place) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/status", "/api/v1/evidence/{entry_id}"} <= set(document["paths"])
    assert set(document["components"]["securitySchemes"]) == {"Token", "Session"}


def spelled(shape: object, named: Mapping[str, object], above: tuple[str, ...] = ()) -> object:
    """Return a shape with every shape that it names spelled out in its place, without what is only said about it."""
    if isinstance(shape, list):
        return [spelled(each, named, above) for each in shape]
    if not isinstance(shape, dict):
        return shape
    if isinstance(ref := shape.get("$ref"), str):
        name = ref.rpartition("/")[2]
        return "itself" if name in above else spelled(named[name], named, (*above, name))
    return {key: spelled(each, named, above) for key, each in shape.items() if key not in ("title", "description")}


def test_the_document_says_of_every_answer_what_the_class_behind_it_says() -> None:
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    shapes, looked = document["components"]["schemas"], 0
    said = {one["operationId"]: one for item in document["paths"].values() for one in item.values()}
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                answers = said[api.get_openapi_operation_id(operation)]["responses"]
                for status, model in operation.response_models.items():
                    told = answers[str(status)].get("content", {}).get("application/json", {}).get("schema")
                    if told is None:
                        continue
                    own = model.model_json_schema(mode="serialization", schema_generator=NinjaGenerateJsonSchema)
                    wanted = spelled(own["properties"]["response"], own.get("$defs", {}))
                    assert spelled(told, shapes) == wanted, operation.path
                    looked += 1
    assert looked > 150
    assert {"RiskStep", "InventoryStep", "NonconformityStep"} <= set(shapes) and "Step" not in shapes

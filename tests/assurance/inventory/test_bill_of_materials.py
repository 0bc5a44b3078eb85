"""Bills of materials: real ones of others, and the files by digest."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "inventory.bill-of-materials"
VECTORS = Path(__file__).parents[2] / "vectors" / "inventory"
DEMO = Path(__file__).parents[3] / "src" / "clerestory" / "demo" / "data"


def part(name: str, body: bytes | None, kind: str = "machine-learning-model", **more: object) -> dict[str, object]:
    hashes = [{"alg": "SHA-256", "content": hashlib.sha256(body).hexdigest()}] if body is not None else []
    return {"type": kind, "name": name, "bom-ref": name, "hashes": hashes} | more


def bill(*parts: dict[str, object], version: str = "1.6") -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": version, "components": parts})


def test_a_bill_that_names_the_real_data_and_model_by_digest_passes(tmp_path):
    data = (DEMO / "german_credit.parquet").read_bytes()
    parts = (
        part("scorer", b"onnx"),
        part("credit", data, "data"),
        {"type": "library", "name": "numpy", "version": "2.4.6"},
    )
    found = measured(NAME, write(tmp_path, {"bom.json": bill(*parts), "m.onnx": b"onnx", "d.parquet": data}))
    assert {cell.group: cell.n for cell in found.by_group} == {"entry": 3, "file": 2, "part": 2}
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize(
    "parts, files, why",
    [
        ([part("m", b"new")], {"m.onnx": b"old"}, "no file has its digest"),
        ([part("m", b"old")], {"m.onnx": b"old", "extra.pkl": b"x"}, "extra.pkl: no part of the bill has its digest"),
        ([part("m", b"old"), part("", None, "library")], {"m.onnx": b"old"}, "it has no name"),
        ([part("m", b"old", "model")], {}, "is none of CycloneDX"),
        ([part("m", b"old"), part("m", b"old")], {"m.onnx": b"old"}, "stands there twice"),
        ([{"type": "application", "name": "a", "components": [part("m", b"new")]}], {}, "no file has its digest"),
    ],
)
def test_every_disagreement_fails_and_is_named(parts, files, why, tmp_path):
    found = measured(NAME, write(tmp_path, files | {"bom.json": bill(*parts)}))
    assert why in " ".join(found.details.values())
    assert verdict(found) is Verdict.FAIL


def test_the_standard_s_own_sample_of_a_model_names_no_digest_and_is_not_judged(tmp_path):
    found = measured(NAME, write(tmp_path, {"bom.json": (VECTORS / "valid-machine-learning-1.6.json").read_bytes()}))
    assert (
        found.details["part: not judged"]
        == "machine-learning-model stable-diffusion has no digest that can be relied on"
    )
    assert verdict(found) is Verdict.INCONCLUSIVE


def test_a_bill_of_another_tool_is_held_against_the_form(tmp_path):
    body = (VECTORS / "ai-bom_3.6.0.cdx.json").read_bytes()
    found = measured(NAME, write(tmp_path, {"bom.json": body}))
    listed = json.loads(body)["components"]
    assert {cell.group: cell.n for cell in found.by_group}["entry"] == len(listed)
    assert found.value == sum(part["type"] == "service" for part in listed) == 2  # services are no components
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize(
    "body, problem",
    [
        ("{}", "no CycloneDX"),
        (bill(version="1.4"), "knows no models"),
        ("[]", "no table"),
        (bill(version="x"), "no CycloneDX"),
    ],
)
def test_files_of_another_form_are_refused(body, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, {"bom.json": body}))


def test_no_bill_or_an_empty_one_says_nothing(tmp_path):
    assert measured(NAME, write(tmp_path, {"m.onnx": b"x"})).reason is Reason.INSUFFICIENT_DATA
    assert measured(NAME, write(tmp_path, {"bom.json": bill()})).reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["both", "bill", "file"]), min_size=1, max_size=6))
def test_as_many_count_as_stand_on_one_side_only(tmp_path, sides):
    for old in tmp_path.glob("*.onnx"):
        old.unlink()
    parts = [part(str(n), bytes([n])) for n, side in enumerate(sides) if side != "file"]
    files = {f"{n}.onnx": bytes([n]) for n, side in enumerate(sides) if side != "bill"}
    found = measured(NAME, write(tmp_path, files | {"bom.json": bill(*parts)}))
    if parts:
        assert found.value == sum(side != "both" for side in sides)
    else:
        assert found.reason is Reason.INSUFFICIENT_DATA

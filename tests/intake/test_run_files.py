"""Checks on files beside a manifest, through a whole run: what they find, refuse, and carry for a server."""

import pickle

import pytest

from clerestory.assurance import registry
from clerestory.assurance.measurement import measurement_document
from clerestory.assurance.tally import read_request, read_tally
from clerestory.ledger.canonical import decode
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, MANIFEST, Project, run
from tests.simulators.grounded import write

ONE = '\n[[check]]\nname = "{name}"\ncriterion = "<= 0"\nsource = "own"\n{more}\n'
NAMES = {
    "supply_chain.pickle-opcodes": 'files = ["models/*.pkl"]',
    "supply_chain.model-file-scan": 'files = ["models/*"]',
    "provenance.source-integrity": 'lists = ["data/SHA256SUMS"]',
    "records.retention": "",
}
FILES = {
    "models/good.pkl": pickle.dumps({"weights": [1.0, 2.0]}),
    "data/a.csv": "abc",
    "data/SHA256SUMS": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.csv\n",
    "retention.toml": '[class.log]\nkeep = "P180D"\n',
    "records.csv": "id,class,created_at,path\n1,log,2026-11-01,data/a.csv\n",
}


def manifest() -> str:
    return MANIFEST.replace(CHECKS, "".join(ONE.format(name=name, more=more) for name, more in NAMES.items()))


def test_sound_files_pass(project: Project) -> None:
    found = run(write(project(manifest()), FILES))
    assert {result.name: result.verdict for result in found.results} == dict.fromkeys(NAMES, Verdict.PASS)


def test_a_push_carries_what_anybody_needs_to_compute_it_again(project: Project) -> None:
    found = run(write(project(manifest()), FILES))
    carried = decode(found.body())["tallies"]
    tallies = {read_request(item["request"]): read_tally(item["tally"]) for item in carried}
    for result in found.results:
        again = registry.find(result.name).measure(tallies, result.declared.parameters)
        assert result.measurement is not None
        assert measurement_document(again) == measurement_document(result.measurement)


def test_a_dangerous_pickle_and_a_changed_delivery_fail(project: Project) -> None:
    folder = write(project(manifest()), FILES)
    write(folder, {"models/bad.pkl": b"cos\nsystem\n(S'true'\ntR.", "data/a.csv": "abd"})
    found = {result.name: result for result in run(folder).results}
    assert found["supply_chain.pickle-opcodes"].verdict is Verdict.FAIL
    assert found["supply_chain.model-file-scan"].verdict is Verdict.FAIL
    assert found["provenance.source-integrity"].verdict is Verdict.FAIL
    assert found["records.retention"].verdict is Verdict.PASS


def test_a_check_whose_file_is_missing_says_so_and_the_others_still_run(project: Project) -> None:
    folder = write(project(manifest()), FILES)
    (folder / "retention.toml").unlink()
    found = {result.name: result for result in run(folder).results}
    assert found["records.retention"].verdict is None
    assert "retention.toml" in found["records.retention"].reason
    assert found["provenance.source-integrity"].verdict is Verdict.PASS


@pytest.mark.parametrize("path", ["../x.pkl", "/etc/*"])
def test_no_pattern_leads_out_of_the_folder(project: Project, path: str) -> None:
    text = MANIFEST.replace(CHECKS, ONE.format(name="supply_chain.pickle-opcodes", more=f'files = ["{path}"]'))
    (result,) = run(write(project(text), FILES)).results
    assert result.verdict is None
    assert "leads out of the folder" in result.reason

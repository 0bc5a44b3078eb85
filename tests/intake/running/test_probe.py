"""A run sends faults to the service behind [model], and a server sends none."""

import pytest

from clerestory.assurance.trial import Probe, Probed, Unanswered
from clerestory.intake.asking.endpoint import RequestRefused
from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.intake.running.probe import Prober
from clerestory.terms.status import Verdict
from tests.intake.loans import write
from tests.intake.running.served import DEPLOYMENT, LIVE, SERVICE, requests
from tests.organisation import NOW

CAREFUL = """
def predict(document):
    columns = document.get("columns") if isinstance(document, dict) else None
    incomes = (columns or {}).get("income")
    if not incomes or set(columns) != {"income"} or not all(isinstance(item, float) for item in incomes):
        return {"refused": "income must be numbers"}
    return {"scores": [0.5 for _ in incomes]}
"""
BLIND = "def predict(document):\n    return {'scores': [0.5]}\n"
MODEL = '\n[model]\nentry = "service:predict"\npath = "service.py"\nfeatures = ["income"]\ntimeout_s = 5\n'
FAULTS = 'inject = ["missing column", "wrong type", "malformed"]\nfeatures = ["income"]\nlimit_seconds = 5.0\n'


def measured(folder, service: str, *, outside: bool = True):
    write(folder, manifest=LIVE + DEPLOYMENT + MODEL + SERVICE.replace("0.02", "0.2") + FAULTS)
    (folder / "requests.csv").write_text(requests(0), encoding="utf-8")
    (folder / "service.py").write_text(service, encoding="utf-8")
    (result,) = run_check(read(folder), now=lambda: NOW, outside=outside).results
    return result


def test_a_service_that_refuses_faults_passes_and_one_that_scores_them_fails(tmp_path):
    careful = measured(tmp_path / "careful", CAREFUL)
    assert (careful.verdict, careful.reason) == (Verdict.PASS, "")
    blind = measured(tmp_path / "blind", BLIND)
    assert blind.verdict is Verdict.FAIL
    assert blind.measurement.value == 1.0


def test_a_server_sends_no_fault(tmp_path):
    result = measured(tmp_path, CAREFUL, outside=False)
    assert result.verdict is None
    assert "a service that can be asked" in result.reason


class Stand:
    """Stands in for an endpoint that does one thing."""

    def __init__(self, does):
        self.does = does

    def ask(self, _document):
        if isinstance(self.does, Exception):
            raise self.does
        return self.does


@pytest.mark.parametrize(
    "does, outcome",
    [
        (RequestRefused("HTTP 422.", "Correct it."), "refused"),
        (Unanswered("HTTP 500.", "Wait."), "failed"),
        ({"scores": [0.5]}, "answered"),
        ({"refused": "no"}, "refused"),
        ({"fallback": "rule 3"}, "refused"),
        ({"refused": ""}, "answered"),
        ([0.5], "answered"),
    ],
)
def test_what_a_service_did_is_told_apart(does, outcome):
    moments = iter([1.0, 1.5])
    assert Prober(Stand(does), clock=lambda: next(moments))(Probe({})) == Probed(outcome, 0.5)

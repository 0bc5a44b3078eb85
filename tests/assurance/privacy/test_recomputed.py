"""What a server computes again from the pushed counts is what the run measured, for every check of the family."""

import numpy as np
import pytest

from clerestory.assurance.measurement import measurement_document, read_measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.tally import read_request, read_tally, request_document, tally_document
from clerestory.assurance.trial import Reply, trial_of
from tests.assurance.privacy.adult import FEATURES, LABEL, people
from tests.simulators.answering import drive

COLUMNS = dict.fromkeys((*FEATURES, "sex", LABEL), "number")
LAYOUT = Layout(
    columns=COLUMNS,
    reference=COLUMNS,
    label=LABEL,
    features=FEATURES,
    sensitive_features=("sex",),
    asked=frozenset({"model", "language_model"}),
)
LEDGER = b'[[release]]\ndataset = "a"\nunit = "person"\nmechanism = "laplace"\nsensitivity = 1\nnoise = 3\n'
GIVEN = {
    "privacy.attribute-inference": {},
    "privacy.budget-accounting": {},
    "privacy.membership-inference": {"shadow_models": 2},
    "privacy.personal-data-leak": {"tries": 3},
    "privacy.personal-data-scan": {"planted": 5, "quasi_identifiers": ["age"]},
}


@pytest.mark.parametrize("name", GIVEN)
def test_counts_survive_their_document_and_give_the_same_again(name):
    check = find(name)
    parameters = check.complete(GIVEN[name], LAYOUT)

    def tried():
        return drive(
            check.begin(parameters),
            tables={"reference": people()[0], "current": people()[1]},
            predict=lambda table: 1 / (1 + np.exp(-table["hours_per_week"] / 40)),
            files={"privacy_budget.toml": LEDGER},
            chat=lambda _: Reply("I cannot tell."),
        )

    tally, request = tried(), trial_of(name, parameters)
    assert tally == tried()
    pushed = read_tally(tally_document(tally))
    assert pushed == tally
    assert read_request(request_document(request)) == request
    assert check.read_parameters(check.parameters_document(parameters)) == parameters
    first, again = (check.measure({request: item}, parameters) for item in (tally, pushed))
    assert first == again == read_measurement(measurement_document(first))

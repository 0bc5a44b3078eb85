"""The request that stands for a trial: the check and all its parameters, so that equal trials are made once."""

import json

from clerestory.assurance import parameter_kind
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.tally import Tallies, Trial, TrialTally


def trial_of(check: str, parameters: Parameters) -> Trial:
    """Return the request for the trial of a check."""
    written = {name: parameter_kind.write(parameters.values[name]) for name in parameters if name in parameters}
    return Trial(
        check,
        tuple((name, json.dumps(written[name], ensure_ascii=False, sort_keys=True)) for name in sorted(written)),
    )


def trial_tally(check: str, tallies: Tallies, parameters: Parameters) -> TrialTally:
    """Return what the trial of a check counted.

    Raises:
        TypeError: another tally answers the request, which `tally.require_answer` refuses before.
    """
    tally = tallies[trial_of(check, parameters)]
    if not isinstance(tally, TrialTally):
        raise TypeError(f"a {type(tally).__name__} answers the trial of {check}")
    return tally

"""Carries a check out on real files in a folder, as a run does: the real moves, the real refusals, the real judge."""

from collections.abc import Mapping
from pathlib import Path

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.trial import trial_of
from clerestory.intake.trial import Ground, _drive
from clerestory.terms.status import Verdict

AS_OF = "2026-11-21T12:00:00.000000Z"


def write(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write files below a folder and return it."""
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body.encode() if isinstance(body, str) else body)
    return folder


def measured(name: str, folder: Path, **given: object) -> Measurement:
    """Return what a check measures of the files in a folder."""
    check = find(name)
    parameters = check.complete(given, Layout(columns={}, as_of=AS_OF))
    tally = _drive(check.begin(parameters), Ground(folder=folder, data={}))
    return check.measure({trial_of(name, parameters): tally}, parameters)


def verdict(found: Measurement, criterion: str = "<= 0") -> Verdict:
    """Return what the judge says of a measurement."""
    return judge(found, find(found.check).criterion(criterion)).verdict

"""Carries a check out on real files in a folder, as a run does: the real moves, the real refusals, the real judge."""

from collections.abc import Mapping
from pathlib import Path

from clerestory.assurance.criterion import Criterion
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.intake.manifest.declare import Declared
from clerestory.intake.trial import Ground, carry_out
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
    declared = Declared(check, Criterion.parse("<= 0"), "own", parameters, check.wants(parameters))
    tallies, refused = carry_out([declared], Ground(folder=folder, data={}), lambda _done, _total: None)
    for error in refused.values():
        raise error
    return check.measure(tallies, parameters)


def verdict(found: Measurement, criterion: str = "<= 0") -> Verdict:
    """Return what the judge says of a measurement."""
    return judge(found, find(found.check).criterion(criterion)).verdict

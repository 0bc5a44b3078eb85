"""Whether the same input and the same code give the same prepared data: recorded runs against each other."""

import json
from collections.abc import Generator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import compare
from clerestory.assurance.trial.files import STRONG, FileUnusable, matching, needed, split_digest, structured

NAME = "provenance.preparation-reproducibility"
_PARAMETERS = (
    Parameter(
        name="runs",
        kind="texts",
        default=("runs/*.json",),
        names_slice=True,
        meaning="Patterns of the records of runs: JSON with id, at, input, code, output (tables of digests by path) "
        "and perhaps parameters and environment.",
    ),
)
Run = Mapping[str, Any]


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Put runs of the same input, code and parameters together, compare their outputs, and hash what is there."""
    runs: dict[str, Run] = {}
    for path in (yield from matching(parameters.texts("runs"))):
        run = _run(path, structured(path, (yield from needed(path))))
        if run["id"] in runs:
            raise FileUnusable(f"{path} has the id of another run.", "Record each run with an id of its own.")
        runs[str(run["id"])] = run
    census, alike = Census(), dict[str, list[Run]]()
    for _, run in sorted(runs.items()):
        alike.setdefault(_key(run), []).append(run)
    for group in alike.values():
        _outputs(group, census)
    if runs:
        yield from _there(max(runs.values(), key=lambda run: (str(run["at"]), str(run["id"]))), census)
    census.note("runs", str(len(runs)))
    census.note("environments", str(len({json.dumps(run.get("environment"), sort_keys=True) for run in runs.values()})))
    return census.tally()


def _run(path: str, document: Run) -> Run:
    for key in ("id", "at"):
        if not isinstance(document.get(key), str):
            raise FileUnusable(f"{path} has no {key!r}.", "Record the id of the run and the moment it began.")
    for key in ("input", "code", "output"):
        table = document.get(key)
        if not isinstance(table, Mapping) or not table or not all(isinstance(item, str) for item in table.values()):
            raise FileUnusable(
                f"{path}: {key!r} is no table of digests.", f'Record {{ "{key}": {{ "path": "sha256:..." }} }}.'
            )
    return document


def _key(run: Run) -> str:
    return json.dumps([run["input"], run["code"], run.get("parameters")], sort_keys=True)


def _outputs(group: list[Run], census: Census) -> None:
    """Compare each output of runs that had the same input, code and parameters."""
    name = " and ".join(str(run["id"]) for run in group)
    if len(group) < 2:
        census.unjudged("run", f"{name} was made once")
        return
    for path in sorted({path for run in group for path in run["output"]}):
        written = [split_digest(run["output"].get(path, "")) for run in group]
        if any(path not in run["output"] for run in group):
            census.broken("output", f"{path} of {name}: not every run made it")
        elif any(item is None or item[0] not in STRONG for item in written):
            census.unjudged("output", f"{path} of {name}: it has no digest that can be relied on")
        else:
            census.judged(
                "output", f"{path} of {name}", [] if len(set(written)) == 1 else ["the runs made different files"]
            )


def _there(run: Run, census: Census) -> Generator[Move, Any, None]:
    """Hash what the last run took and made, so that a record is not believed against the files."""
    pairs = [(path, written) for key in ("input", "code", "output") for path, written in sorted(run[key].items())]
    yield from compare(pairs, census, missing_is_broken=False, kind="file of the last run")


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def preparation_reproducibility(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the prepared files that came out differently of the same input and code; ``<= 0`` asks that none did.

    Formula: runs with equal digests of input and code and equal parameters are put together; each output must have one
    digest in all of them, and the files of the last run that are there must have the digests it recorded. Same input,
    same code, same output is what the ACM's badges call results reproduced by the same team and artefacts (2020), and
    what reproducible builds ask bit for bit (Lamb and Zacchiroli 2022). Unit: number of files. The interval is from
    those counted to those plus what could not be judged: runs made once, files not there, digests that can be forged.
    INCONCLUSIVE where no two runs are alike. Nothing is carried out here: record the runs, in different environments
    where that matters.
    Misleads where both records come of one run: the last one's files are hashed, the others are believed.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "recorded runs, files hashed again", trial_tally(NAME, tallies, parameters))

"""Real use against the declared purpose: how much of it lies outside."""

from collections import Counter

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import texts
from clerestory.assurance.running.window import AS_OF, column, log_of, over, window_of, with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, Tried, pooled, trial_of, trial_tally
from clerestory.assurance.trial.files import FileUnusable, needed, structured, tables
from clerestory.assurance.trial.files import texts as listed

NAME = "use.purpose-conformity"
_OUTSIDE, _INSIDE = "outside", "inside"
_SHOWN = 20
_PARAMETERS = (
    Parameter(
        name="purposes",
        kind="text",
        default="purpose.toml",
        names_slice=True,
        meaning="The declared use as TOML or JSON: [[use]] with column and allowed, a list of its values; every "
        "one must hold.",
    ),
    log_of("uses.*", "one use a row"),
    column("at", "used_at", "moment of the use"),
    Parameter(name="minimum_cases", kind="count", default=30, meaning="Fewer uses are not judged."),
    over("P30D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold each use of the window against every declared list of values."""
    path = parameters.text("purposes")
    document = structured(path, (yield from needed(path)))
    allowed = {
        str(item["column"]): listed(path, item, "allowed") for item in tables(path, document, "use", ("column",))
    }
    if not allowed or not all(allowed.values()):
        raise FileUnusable(f"{path} declares no use.", 'Write [[use]] with column = "purpose" and allowed = ["..."].')
    window = yield from window_of(parameters, parameters.text("at"), tuple(allowed))
    values = {name: texts(window.table, name) for name in allowed}
    cells, unknown, what = Counter[str](), window.unreadable, Counter[str]()
    for row in range(len(window)):
        odd = [f"{name}={values[name][row]}" for name in allowed if values[name][row] not in ("", *allowed[name])]
        what.update(odd)
        if odd:
            cells[_OUTSIDE] += 1
        elif not all(values[name][row] for name in allowed):
            unknown += 1
        else:
            cells[_INSIDE] += 1
    notes = dict(window.notes)
    if what:
        notes["outside"] = "; ".join(f"{name}: {n}" for name, n in what.most_common(_SHOWN))
    return TrialTally(
        cells=tuple(
            TrialCell(kind=(kind,), n=n, hits=n if kind == _OUTSIDE else 0) for kind, n in sorted(cells.items())
        ),
        unanswered=unknown,
        notes=tuple(sorted(notes.items())),
    )


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, trial=perform)
def purpose_conformity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of use outside the declared purpose; ``<= 0.01`` asks that nearly all lies inside.

    Formula: uses of which a declared column holds a value that its list does not allow / uses of the window. Columns
    say what use is: the purpose that a caller states, product, region, group of users, range of an amount. Unit: share.
    Interval: Wilson (1927). A use that leaves a declared column empty counts neither way; INCONCLUSIVE when those are
    more than 5 %, or with fewer than ``minimum_cases`` uses. Intended use and reasonably foreseeable misuse: Article 3
    (12) and (13) of the EU AI Act (2024); ISO/IEC 42001 (2023), A.9.4.
    Misleads where the column holds what the caller says and not what happens with the output.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    how = Tried(check=NAME, method="outside of all uses", minimum_cases=parameters.count("minimum_cases"))
    outside = sum(cell.hits for cell in tally.cells)
    return with_figures(pooled(how, tally), tally, {"outside_purpose": outside})

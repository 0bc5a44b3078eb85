"""Personal data where nobody declared it: in columns and free text."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.personal_data import planted
from clerestory.assurance.personal_data.anonymity import anonymity
from clerestory.assurance.personal_data.recogniser import CHANCE, ENTITIES, candidates, find
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Find, Read, Sample, Sampled, Talk, trial_of, trial_tally
from clerestory.terms.error import ClerestoryError

NAME = "privacy.personal-data-scan"
ANY = "(any)"
NAMES = "name"
TABLE = "(table)"
MINIMUM_ROWS = 30
_FEW = 20
Mask = NDArray[np.bool_]
_PARAMETERS = (
    Parameter(name="columns", kind="columns", names_slice=True, meaning="Columns to look at; without it all of them."),
    Parameter(
        name="personal",
        kind="columns",
        names_slice=True,
        meaning="Columns declared as personal data; what is found there is shown and not counted.",
    ),
    Parameter(
        name="files",
        kind="texts",
        names_slice=True,
        meaning="Text files beside the manifest whose lines are looked at too, as patterns such as prompts/*.jsonl.",
    ),
    Parameter(
        name="entities", kind="texts", default=ENTITIES, names_slice=True, meaning="Kinds of personal data to look for."
    ),
    Parameter(name="name_columns", kind="columns", meaning="Columns in which the names of the list are looked for."),
    Parameter(name="names", kind="texts", meaning="Given and family names to look for in those columns."),
    Parameter(
        name="languages",
        kind="texts",
        default=planted.LANGUAGES,
        meaning="Languages in which planted items must be found: de, en.",
    ),
    Parameter(name="quasi_identifiers", kind="columns", meaning="Columns whose k-anonymity is told, such as age."),
    Parameter(name="sensitive", kind="column", meaning="Column whose l-diversity within these is told."),
    Parameter(name="planted", kind="count", default=200, meaning="Items planted per kind and language."),
    Parameter(
        name="min_recall", kind="share", default=0.85, meaning="Share of planted items of each kind that must be found."
    ),
    Parameter(name="rows", kind="count", default=20_000, meaning="Rows, and lines of each pattern, looked at at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of what is planted."),
)


class NothingToScan(ClerestoryError):
    """A pattern that was named matches no file, so that nothing found there would mean nothing."""


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    for key, known in (("entities", ENTITIES), ("languages", planted.LANGUAGES)):
        unknown = [item for item in parameters.texts(key) if item not in known]
        if unknown:
            raise ParameterRefused(f"{NAME}: {key} has {unknown[0]!r}.", f"Known are: {', '.join(known)}.")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look through the table and the files, and through planted items in their midst; keep counts alone."""
    looked = tuple(dict.fromkeys((*parameters.texts("columns"), *parameters.texts("name_columns"))))
    told = (*parameters.texts("quasi_identifiers"), *filter(None, [parameters.optional("sensitive")]))
    columns = tuple(dict.fromkeys((*looked, *told))) if "columns" in parameters else ()
    sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"))
    rows = len(next(iter(sampled.table.values()), ()))
    cells, texts, hit = list[TrialCell](), list[str](), np.zeros(rows, dtype=bool)
    for column in looked if columns else tuple(sampled.table):
        lines = _lines(sampled.table[column])
        found = _in_column(lines, column, parameters)
        declared = column in parameters.texts("personal")
        cells += _cells(("declared" if declared else "column", column), found, rows)
        hit |= np.zeros(rows, dtype=bool) if declared else _any(found, rows)
        texts += [line for line in lines if line.count(" ") >= 3][:200]
    cells.append(TrialCell(kind=("source", TABLE), n=rows, hits=int(hit.sum())))
    for pattern in parameters.texts("files"):
        lines = yield from _read(pattern, parameters)
        found = _in_column(lines, "", parameters)
        cells += _cells(("file", pattern), found, len(lines))
        cells.append(TrialCell(kind=("source", pattern), n=len(lines), hits=int(_any(found, len(lines)).sum())))
        texts += [line for line in lines if line.count(" ") >= 3][:200]
    cells += _planted(texts, parameters)
    notes = {"rows": f"{rows} of {sampled.total}", **_anonymity(sampled, parameters)}
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _lines(values: NDArray[np.generic]) -> list[str]:
    """Texts as they are, whole numbers as digits; anything that cannot hold an item as nothing."""
    if values.dtype == bool:
        return [""] * len(values)
    if values.dtype == object:
        return ["" if item is None else str(item) for item in values.tolist()]
    numbers = values.astype(np.float64)
    whole = np.isfinite(numbers) & (numbers == np.round(numbers)) & (numbers >= 1e6) & (numbers < 2**53)
    return [str(int(item)) if good else "" for item, good in zip(numbers.tolist(), whole.tolist(), strict=True)]


def _read(pattern: str, parameters: Parameters) -> Generator[Find | Read, Any, list[str]]:
    paths = yield Find(pattern)
    if not paths:
        raise NothingToScan(f"{pattern} matches no file.", "Name files below the folder of the manifest.")
    lines: list[str] = []
    for path in paths:
        body = yield Read(path)
        lines += [line for line in (body or b"").decode("utf-8", "replace").splitlines() if line.strip()]
    most = parameters.count("rows")
    if len(lines) <= most:
        return lines
    chosen = np.sort(np.random.default_rng(parameters.count("seed")).choice(len(lines), most, replace=False))
    return [lines[at] for at in chosen.tolist()]


def _in_column(lines: Sequence[str], column: str, parameters: Parameters) -> Mapping[str, Mask]:
    """Return for each kind the rows that hold it; digits that pass a check no more often than by chance do not."""
    wanted = set(parameters.texts("entities"))
    names = (
        {name.casefold() for name in parameters.texts("names")} if column in parameters.texts("name_columns") else ()
    )
    distinct, place = np.unique(np.array(lines, dtype=object).astype(str), return_inverse=True)
    told: dict[str, Mask] = {}
    bare: dict[str, Mask] = {}
    for at, text in enumerate(distinct.tolist()):
        for found in find(text, column):
            if found.entity in wanted:
                (bare if found.bare else told).setdefault(found.entity, np.zeros(len(distinct), dtype=bool))[at] = True
        if names and not names.isdisjoint(text.casefold().replace(",", " ").split()):
            told.setdefault(NAMES, np.zeros(len(distinct), dtype=bool))[at] = True
    for entity, mask in bare.items():
        if _beyond_chance(entity, distinct.tolist(), int(mask.sum())):
            told[entity] = told.get(entity, np.zeros(len(distinct), dtype=bool)) | mask
    return {entity: mask[place] for entity, mask in told.items()}


def _beyond_chance(entity: str, texts: Sequence[str], passed: int) -> bool:
    alike = sum(candidates(entity, text) for text in texts)
    return alike < _FEW or wilson(min(passed, alike), alike).low > 2 * CHANCE.get(entity, 0.0)


def _any(found: Mapping[str, Mask], rows: int) -> Mask:
    hit = np.zeros(rows, dtype=bool)
    for mask in found.values():
        hit |= mask
    return hit


def _cells(name: tuple[str, str], found: Mapping[str, Mask], rows: int) -> list[TrialCell]:
    whole = TrialCell(kind=(*name, ANY), n=rows, hits=int(_any(found, rows).sum()))
    return [whole, *(TrialCell(kind=(*name, entity), n=rows, hits=int(mask.sum())) for entity, mask in found.items())]


def _planted(texts: Sequence[str], parameters: Parameters) -> Iterator[TrialCell]:
    """Plant items into the data's own texts (or sentences where it has none), and count which are found."""
    draw, times = np.random.default_rng(parameters.count("seed")), parameters.count("planted")
    for entity in parameters.texts("entities"):
        for language in parameters.texts("languages"):
            hits = sum(_is_found(entity, language, texts, draw) for _ in range(times))
            yield TrialCell(kind=("planted", entity, language), n=times, hits=hits)
    alarms = sum(bool(find(planted.within("", planted.decoy(draw), "en", draw))) for _ in range(times))
    yield TrialCell(kind=("decoy",), n=times, hits=alarms)


def _is_found(entity: str, language: str, texts: Sequence[str], draw: np.random.Generator) -> bool:
    made = planted.item(entity, language, draw)
    host = texts[int(draw.integers(len(texts)))] if texts and draw.random() < 0.5 else ""
    text = planted.within(host, made, language, draw)
    start = text.index(made)
    return any(found.entity == entity and found.start < start + len(made) and found.end > start for found in find(text))


def _anonymity(sampled: Sampled, parameters: Parameters) -> Mapping[str, str]:
    columns = parameters.texts("quasi_identifiers")
    if not columns or not len(sampled.table[columns[0]]):
        return {}
    sensitive = sampled.table.get(parameters.optional("sensitive") or "")
    found = anonymity([sampled.table[column] for column in columns], sensitive)
    told = {
        "k-anonymity": f"{found.k} ({found.classes} classes of {found.rows} rows)",
        "rows that stand alone": f"{found.singled_out:.4f}",
        "chance to pick the right row": f"{found.risk:.4f}",
    }
    if found.diversity is not None:
        told["l-diversity"] = f"{found.diversity} (by entropy {found.entropy_diversity:.2f})"
    return told


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, trial=perform)
def personal_data_scan(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the share of rows with personal data outside the columns declared as personal, and what was overlooked.

    Looked for: e-mail and IP addresses, telephone numbers, links that name a person, dates of birth, IBAN (ISO 13616),
    card numbers (Luhn), and identity numbers of Germany (ISO 7064), France, Italy, Spain, the Netherlands, Poland,
    Sweden, Switzerland, the United Kingdom and the United States, by pattern, check digit and the words before them;
    names from a given list, where columns are named for them. Bare digits count in a column only when they pass their
    check digit surely more than twice as often as chance would. Formula: rows with any such item in an undeclared
    column, divided by the rows looked at; lines of text files likewise; the worse of table and files counts. Unit:
    share of rows.
    Interval: Wilson (1927), Bonferroni over table and files; the upper end is divided by the lowest seeded recall, so
    that "nothing found" says how much can be there. Seeded recall: made-up items of each kind are planted, half into
    the data's own texts and half into sentences of each language, and looked for. A kind of which surely
    fewer are found than the limit cannot pass (INCONCLUSIVE, too much left unjudged); what fails, fails.
    INCONCLUSIVE below 30 rows. What is found never leaves the trial: only counts do. k-anonymity (Samarati and Sweeney
    1998) and l-diversity (Machanavajjhala et al. 2007) of the quasi-identifiers named are told.
    Of 436 items that another program made (Faker 40.54, nine countries) 94.7 % are found; what is missed are Polish and
    Italian telephone numbers with neither + nor 0 nor a word before them, and cards of 12 digits.
    Misleads for names and addresses in free text, pictures and other languages, which no pattern finds; planted items
    are as people often write them, not as everybody does.

    Raises:
        NothingToScan: in the trial, when a pattern matches no file.
        ParameterRefused: an entity or language is unknown.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    by_kind = {cell.kind: cell for cell in tally.cells}
    sources = [cell for cell in tally.cells if cell.kind[0] == "source" and cell.n]
    enough = any(cell.n >= MINIMUM_ROWS for cell in sources)
    recalls = {cell.kind[1:]: wilson(cell.hits, cell.n) for cell in tally.cells if cell.kind[0] == "planted"}
    least = min((recall.low for recall in recalls.values()), default=0.0)
    missed = [key for key, recall in recalls.items() if recall.low < parameters.number("min_recall")]
    z = critical(family=len(sources))
    found = worst([wilson(cell.hits, cell.n, z=z) for cell in sources], better="lower") if sources else None
    high = None if found is None else min(found.high / least, 1.0) if least else 1.0
    decoy = by_kind.get(("decoy",), TrialCell(kind=("decoy",), n=0))
    return Measurement(
        check=NAME,
        method="patterns and check digits, Wilson, upper end divided by seeded recall",
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=high,
        n=sum(cell.n for cell in sources),
        by_group=tuple(_shown(tally, recalls, missed)),
        share_unassessable=len(missed) / max(len(recalls), 1),
        max_unjudged_share=0.0,
        reason=None if enough else Reason.INSUFFICIENT_DATA,
        details={
            **dict(tally.notes),
            "lowest seeded recall": f"{least:.4f}",
            "planted items of too few were found": ", ".join(" ".join(key) for key in missed) or "none",
            "false alarms on digits that are nobody's data": f"{decoy.hits} of {decoy.n}",
        },
    )


def _shown(
    tally: TrialTally, recalls: Mapping[tuple[str, ...], Interval], missed: Sequence[tuple[str, ...]]
) -> Iterator[GroupResult]:
    for cell in tally.cells:
        where = cell.kind[0]
        if where not in ("column", "declared", "file") or not cell.n or (cell.kind[2] == ANY and not cell.hits):
            continue
        rate = wilson(cell.hits, cell.n)
        what = "" if cell.kind[2] == ANY else f", {cell.kind[2]}"
        note = f"{cell.hits} of {cell.n}" + ("; declared as personal" if where == "declared" else "")
        yield _result(f"{cell.kind[1]}{what}", rate, cell.n, where != "declared", note)
    for key, recall in recalls.items():
        n = next(cell.n for cell in tally.cells if cell.kind == ("planted", *key))
        note = "seeded recall, too low" if key in missed else "seeded recall"
        yield _result(f"planted: {', '.join(key)}", recall, n, False, note)


def _result(group: str, rate: Interval, n: int, assessed: bool, note: str) -> GroupResult:
    return GroupResult(group=group, value=rate.value, low=rate.low, high=rate.high, n=n, assessed=assessed, note=note)

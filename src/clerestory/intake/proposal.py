"""What a first manifest could say: looks at the files of a folder and their columns; guesses only from names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clerestory.store.engine.source import SUFFIXES, Source, SourceUnreadable, reading

_CURRENT = ("current", "decision", "test", "eval", "prod", "valid")
_REFERENCE = ("reference", "baseline", "train", "ref")
_OUTCOME = (
    "approved",
    "decision",
    "outcome",
    "granted",
    "accepted",
    "prediction",
    "predicted",
    "y_pred",
    "selected",
    "hired",
)
_LABEL = (
    "label",
    "target",
    "y_true",
    "repaid",
    "actual",
    "truth",
    "ground_truth",
    "good_credit",
    "y",
    "class",
    "income",
)
_SCORE = ("score", "probability", "proba", "prob", "y_score", "y_prob", "risk_score")
_SENSITIVE = (
    "sex", "gender", "age_group", "age_band", "race", "ethnicity", "ethnic_group", "religion", "disability",
    "nationality", "marital_status", "foreign_worker",
)  # fmt: skip
_YES = ("approved", "accepted", "granted", "yes", "y", "true", "good", "positive", "hired", "selected", "1", ">50k")
_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was found: files by use, the columns of the current data with their kinds, and the columns by meaning.

    ``favourable`` and ``positive`` are the texts that mean yes, where the column holds texts.
    """

    name: str
    current: str | None = None
    reference: str | None = None
    model: str | None = None
    columns: Mapping[str, str]
    outcome: str | None = None
    favourable: str | None = None
    label: str | None = None
    positive: str | None = None
    score: str | None = None
    timestamp: str | None = None
    sensitive_features: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def system_id(self) -> str:
        """The folder's name as an id."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "my-system"


def propose(folder: Path) -> Proposal:
    """Look at a folder, two levels deep, and return what a manifest for it could say."""
    files = sorted(
        file
        for pattern in ("*", "*/*")
        for file in folder.glob(pattern)
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )
    names = [file.relative_to(folder).as_posix() for file in files]
    tables = [name for name in names if name.lower().endswith(tuple(SUFFIXES))]
    reference = _first(tables, _REFERENCE)
    current = _first([name for name in tables if name != reference], _CURRENT) or next(
        (name for name in tables if name != reference), reference
    )
    model = next((name for name in names if name.lower().endswith(".onnx")), None)
    found = Proposal(
        name=folder.resolve().name,
        current=current,
        reference=reference if reference != current else None,
        model=model,
        columns={},
    )
    return found if current is None else _with_columns(found, folder / current)


def _with_columns(found: Proposal, file: Path) -> Proposal:
    source = Source(file.name, (file,), next(kind for end, kind in SUFFIXES.items() if file.name.lower().endswith(end)))
    try:
        columns = source.kinds()
        two_valued = _two_valued(source, columns)
    except SourceUnreadable:
        return found
    yes_no = [name for name in columns if name in two_valued]
    outcome, label = _first(yes_no, _OUTCOME), _first(yes_no, _LABEL)
    number = [name for name, kind in columns.items() if kind == "number"]
    return Proposal(
        name=found.name,
        current=found.current,
        reference=found.reference,
        model=found.model,
        columns=columns,
        outcome=outcome,
        favourable=_yes(two_valued.get(outcome or "", ())),
        label=label if label != outcome else None,
        positive=_yes(two_valued.get(label or "", ())),
        score=_first(number, _SCORE),
        timestamp=next((name for name, kind in columns.items() if kind in ("moment", "date")), None),
        sensitive_features=tuple(name for name in columns if name.lower() in _SENSITIVE),
        keys=tuple(name for name, kind in columns.items() if _is_key(name) and kind in ("integer", "text"))[:1],
    )


def _two_valued(source: Source, columns: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return the columns that a yes or no can stand in: truth values, 0 and 1, or texts of which one means yes."""
    import polars as pl

    found: dict[str, tuple[str, ...]] = {name: () for name, kind in columns.items() if kind == "boolean"}
    asked = [name for name, kind in columns.items() if kind in ("integer", "text")]
    if not asked:
        return found
    with reading(source.name):
        values = source.scan().head(_ROWS).select(pl.col(asked).unique().drop_nulls().implode()).collect()
    for name in asked:
        distinct = values[name][0].to_list()
        if columns[name] == "integer" and set(distinct) == {0, 1}:
            found[name] = ()
        elif len(distinct) == 2 and columns[name] == "text" and _yes(distinct) is not None:
            found[name] = tuple(distinct)
    return found


def _yes(texts: Iterable[str]) -> str | None:
    return next((text for text in texts if text.strip().lower() in _YES), None)


def _first(names: Sequence[str], words: Sequence[str]) -> str | None:
    """Return the first name that is one of the words, else the first that holds one of them as a part."""
    for word in words:
        for name in names:
            if name.lower() == word:
                return name
    for word in words:
        for name in names:
            if len(word) > 2 and word in re.split(r"[^a-z0-9]+|_", Path(name).name.lower()):
                return name
    return None


def _is_key(name: str) -> bool:
    return name.lower() == "id" or name.lower().endswith("_id")

"""Changes a table as a recipe says. Reads no file but the key, and changes nothing in place."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.privacy.privacy_loss import Release
from clerestory.assurance.privacy.transformation import (
    SHORTEST_KEY,
    SUPPRESSED,
    CannotTransform,
    Noisy,
    generalise_category,
    generalise_number,
    pseudonymise,
    rare_rows,
    with_laplace_noise,
    with_random_answers,
)
from clerestory.intake.manifest.section import ManifestUnusable, nearest
from clerestory.intake.protect.recipe import ColumnRecipe, Recipe, Step
from clerestory.intake.trial import array_of

if TYPE_CHECKING:
    import polars as pl

Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]
Tell = Callable[[str, int, int], None]
RANDOM = ("noise", "random answers")
_FORMATS = {"month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A table before and after, row by row; ``kept`` says which rows are left.

    ``told``: as coarse as the new table but without noise: what somebody who knows a person expects to find.
    ``after``: what the new table says; of rows that are left out nothing leaves.
    """

    before: "pl.DataFrame"
    told: "pl.DataFrame"
    after: "pl.DataFrame"
    kept: Marks
    steps: Mapping[str, str]
    noise: Mapping[str, Release]

    def released(self) -> "pl.DataFrame":
        """Return the new table, sorted by all its columns, since the order of rows would tell whose each is."""
        rows = self.after.filter(self.kept)
        return rows.sort(rows.columns, nulls_last=False)


def require_columns(recipe: Recipe, there: Mapping[str, str]) -> None:
    """Refuse a recipe that names a column which is not there, or does with it what cannot be done.

    Raises:
        ManifestUnusable: naming the place.
    """
    named = {
        "quasi_identifiers": recipe.quasi_identifiers,
        "sensitive": recipe.sensitive,
        "keep": recipe.keep,
        "person": (recipe.person,) if recipe.person else (),
        "label": (recipe.label,) if recipe.label else (),
    }
    for key, names in named.items():
        for name in names:
            if name not in there:
                raise ManifestUnusable(f"{recipe.where(key)}: there is no column {name!r}.", nearest(name, there))
    for column in recipe.columns.values():
        if column.name not in there:
            raise ManifestUnusable(f"{column.where}: there is no column {column.name!r}.", nearest(column.name, there))
        if column.way != "remove" and column.name in recipe.keep:
            raise ManifestUnusable(f"{recipe.where('keep')} names {column.name!r}, which is changed.", "Name it once.")
        kind = there[column.name]
        wants_number = column.way == "noise" or any(step.width is not None for step in column.steps)
        if wants_number and kind not in ("integer", "number"):
            raise ManifestUnusable(f"{column.where}: {column.name!r} holds {kind}, no numbers.", "Generalise by to.")
        if any(step.period for step in column.steps) and kind not in ("date", "moment"):
            raise ManifestUnusable(f"{column.where}: {column.name!r} holds {kind}, no days.", "Generalise by to.")
    if recipe.label and (way := recipe.columns.get(recipe.label)) and way.way != "random answers":
        raise ManifestUnusable(
            f"{way.where}: the label is changed, so nothing can learn it.", "Leave the label as it is."
        )


def output_columns(recipe: Recipe, there: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns of the new table: those that the recipe names and does not remove, in their order."""
    named = {*recipe.quasi_identifiers, *recipe.sensitive, *recipe.keep, *recipe.columns}
    named |= {recipe.label} if recipe.label else set()
    removed = {column.name for column in recipe.columns.values() if column.way == "remove"}
    return tuple(name for name in there if name in named - removed)


def change(frame: "pl.DataFrame", recipe: Recipe, names: tuple[str, ...], tell: Tell) -> Changed:
    """Change a table.

    Raises:
        CannotTransform: a step protects nobody, or more rows would be left out than the recipe allows.
        ManifestUnusable: the key is missing, or values are none of those that were declared.
    """
    import polars as pl

    key = _key(recipe) if any(column.way == "pseudonymise" for column in recipe.columns.values()) else b""
    told, after, noise = {}, {}, {}
    for at, name in enumerate(names):
        column = recipe.columns.get(name)
        told[name] = frame[name] if column is None else _told(frame[name], column, column.steps[:1], key)
        after[name] = told[name]
        if column is not None and column.way in RANDOM:
            found = _noisy(frame[name], column)
            after[name], noise[name] = pl.Series(name, found.values.tolist()), found.release
        tell("changing", at + 1, len(names))
    taken = {name: column.steps[0].label for name, column in recipe.columns.items() if column.steps and name in told}
    kept = np.ones(frame.height, dtype=bool)
    if recipe.k:
        kept = _coarsened(frame, recipe, told, taken, tell)
        after |= {name: told[name] for name in names if name not in noise}
    if not kept.any():
        raise CannotTransform("No row would be left.", "Generalise more, or ask for a smaller k.")
    return Changed(
        before=frame, told=pl.DataFrame(told), after=pl.DataFrame(after), kept=kept, steps=taken, noise=noise
    )


def _coarsened(
    frame: "pl.DataFrame", recipe: Recipe, told: dict[str, "pl.Series"], taken: dict[str, str], tell: Tell
) -> Marks:
    """Take further steps until few enough rows are in too small a class (Datafly, Sweeney 2002); say which are left.

    The column with the most distinct values goes first. Columns with noise are no part of classes.
    """
    at = dict.fromkeys(told, 0)
    hidden = hiding(recipe)
    person = None if recipe.person is None else codes_of(frame[recipe.person])[0]
    sensitive = [codes_of(frame[name])[0] for name in recipe.sensitive]
    possible = sum(len(column.steps) - 1 for column in recipe.columns.values() if column.steps)
    classes = {name: codes_of(told[name])[0] for name in hidden}
    while True:
        rare = rare_rows(
            list(classes.values()) or [np.zeros(frame.height, dtype=np.int64)],
            recipe.k,
            person=person,
            sensitive=sensitive,
            diversity=recipe.diversity,
        )
        left_out = float(rare.mean())
        if left_out <= recipe.most_left_out:
            return ~rare
        coarser = [n for n in hidden if n in recipe.columns and at[n] + 1 < len(recipe.columns[n].steps)]
        if not coarser:
            raise CannotTransform(
                f"With every step taken {left_out:.1%} of the rows would be left out to reach k of {recipe.k}, and "
                f"most_left_out is {recipe.most_left_out:.1%}.",
                "Add coarser steps, name fewer quasi-identifiers, or allow more rows to be left out.",
            )
        name = max(coarser, key=lambda one: (told[one].n_unique(), one))
        at[name] += 1
        step = recipe.columns[name].steps[at[name]]
        told[name], taken[name] = _coarse(frame[name], step), step.label
        classes[name] = codes_of(told[name])[0]
        tell("coarsening", sum(at.values()), possible)


def hiding(recipe: Recipe) -> tuple[str, ...]:
    """Return the quasi-identifiers that make classes: those without noise and without tokens."""
    ways = {name: column.way for name, column in recipe.columns.items()}
    return tuple(name for name in recipe.quasi_identifiers if ways.get(name) not in (*RANDOM, "pseudonymise"))


def codes_of(*columns: "pl.Series") -> list[Codes]:
    """Return the values of columns as whole numbers from 0 on, numbered alike; missing is 0."""
    import polars as pl

    plain = [c.cast(pl.UInt8) if c.dtype == pl.Boolean else c for c in columns]
    if len({c.dtype for c in plain}) > 1:
        plain = [c.cast(pl.String) for c in plain]
    joined = pl.concat([c.alias("") for c in plain])
    if not (joined.dtype.is_numeric() or joined.dtype.is_temporal()):
        joined = joined.cast(pl.String)
    numbered = joined.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    ends = np.cumsum([len(c) for c in plain])
    return np.split(numbered, ends[:-1])


def _told(series: "pl.Series", column: ColumnRecipe, steps: tuple[Step, ...], key: bytes) -> "pl.Series":
    import polars as pl

    if column.way == "generalise":
        return _coarse(series, steps[0])
    if column.way == "pseudonymise":
        texts = series.cast(pl.String)
        return _mapped(texts, lambda values: pseudonymise(values, key, column=column.name, length=column.length))
    if column.way == "suppress":
        texts = series.cast(pl.String)
        counts = texts.value_counts(name="rows")
        rare = counts.filter(pl.col("rows") < column.least)[series.name].to_list()
        hidden = dict.fromkeys((value for value in rare if value is not None), SUPPRESSED)
        return texts.replace(hidden) if hidden else texts
    return series


def _coarse(series: "pl.Series", step: Step) -> "pl.Series":
    import polars as pl

    if step.period is not None:
        return series.dt.strftime(_FORMATS[step.period])
    if step.width is not None:
        width, start = step.width, step.start
        numbers = series.cast(pl.Float64).fill_nan(None)
        return _mapped(numbers, lambda values: generalise_number(values, width, start=start))
    table = step.to or {}
    return _mapped(series.cast(pl.String), lambda values: generalise_category(values, table))


def _mapped(series: "pl.Series", function: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> "pl.Series":
    """Put each distinct value through a function once; a missing one stays missing."""
    import polars as pl

    distinct = series.drop_nulls().unique()
    if not len(distinct):
        return pl.Series(series.name, [None] * len(series), dtype=pl.String)
    found = function(array_of(distinct)).tolist()
    return series.replace_strict(distinct, pl.Series(found, dtype=pl.String), default=None, return_dtype=pl.String)


def _noisy(series: "pl.Series", column: ColumnRecipe) -> Noisy:
    """Draw noise from the system's own randomness: whoever could draw it again could take it off."""
    import polars as pl

    if series.null_count():
        raise ManifestUnusable(
            f"{column.where}: {column.name!r} has missing values, and noise would show whose.",
            "Fill them before, or remove the column.",
        )
    draw = np.random.Generator(np.random.PCG64(secrets.randbits(256)))
    try:
        if column.way == "noise":
            return with_laplace_noise(array_of(series), column.lowest, column.highest, column.epsilon, draw)
        texts = np.array(series.cast(pl.String).to_list(), dtype=object)
        return with_random_answers(texts, column.options, column.epsilon, draw)
    except CannotTransform as error:
        raise ManifestUnusable(f"{column.where}: {error.problem}", error.remedy) from error


def _key(recipe: Recipe) -> bytes:
    """Read the key of tokens; no message says anything of it."""
    if recipe.key_env is not None:
        # house: allow no-environment: a secret of the user's own, which no file of ours may hold
        key = os.environ.get(recipe.key_env, "").encode()
        where = f"{recipe.where('key_env')} {recipe.key_env}"
    else:
        where = f"{recipe.where('key_file')} {recipe.key_file}"
        try:
            key = (recipe.folder / str(recipe.key_file)).read_bytes().strip()
        except OSError as error:
            raise ManifestUnusable(f"{where}: the file cannot be read.", "Name a file that you may read.") from error
    if len(key) < SHORTEST_KEY:
        raise ManifestUnusable(
            f"{where}: the key is missing or shorter than {SHORTEST_KEY} bytes.",
            "Make one, such as by: openssl rand -hex 32, and keep it apart from the data.",
        )
    return key

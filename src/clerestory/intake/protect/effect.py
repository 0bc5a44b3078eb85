"""Measures what a transformation did: how far people hide, what attacks with the original find, and what it costs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.personal_data.anonymity import Anonymity, anonymity, classes_of
from clerestory.assurance.privacy.privacy_loss import enclosed
from clerestory.assurance.privacy.protected.disclosure import disclosed
from clerestory.assurance.privacy.protected.kept_information import cuts_of, kept_information, steps_of
from clerestory.assurance.privacy.protected.kept_use import KeptUse, Membership, kept_use
from clerestory.assurance.privacy.protected.linkage import Known, Linkage, linked
from clerestory.assurance.statistics.interval import Interval
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.protect.change import Changed, codes_of, hiding
from clerestory.intake.protect.recipe import Recipe
from clerestory.intake.trial import array_of

if TYPE_CHECKING:
    import polars as pl

Document = Mapping[str, object]
MOST_LEARNED = 50_000
"""Rows that the two models are compared on, at most; drawn by the seed of the recipe."""


def anonymity_document(changed: Changed, recipe: Recipe) -> list[Document]:
    """Return k-anonymity and l-diversity before and after, once per sensitive column."""
    if not recipe.quasi_identifiers:
        return []
    person = None if recipe.person is None else codes_of(changed.before[recipe.person])[0]
    first = [codes_of(changed.before[name])[0] for name in recipe.quasi_identifiers]
    second = [codes_of(changed.told[name])[0][changed.kept] for name in hiding(recipe)]
    second = second or [np.zeros(int(changed.kept.sum()), dtype=np.int64)]
    left = None if person is None else person[changed.kept]
    found: list[Document] = []
    for name in recipe.sensitive or (None,):
        before = after = None
        if name is not None:
            before = codes_of(changed.before[name])[0]
            after = codes_of(changed.after[name])[0][changed.kept]
        found.append({
            "sensitive": name,
            "before": _anonymity(anonymity(first, before, person)),
            "after": _anonymity(anonymity(second, after, left)),
        })  # fmt: skip
    return found


def linkage_document(changed: Changed, recipe: Recipe) -> Document | None:
    """Return how many persons the linkage attack finds, in the original given out as it is and in the new table."""
    if not recipe.quasi_identifiers:
        return None
    rows = changed.before.height
    every = np.arange(rows, dtype=np.int64)
    plain = classes_of([codes_of(changed.before[name])[0] for name in recipe.quasi_identifiers])
    place = np.where(changed.kept, np.cumsum(changed.kept) - 1, -1).astype(np.int64)
    classes = [codes_of(changed.told[name])[0] for name in hiding(recipe)]
    own = classes_of(classes) if classes else np.zeros(rows, dtype=np.int64)
    near = [_near(changed, name) for name in recipe.quasi_identifiers if name in changed.noise]
    person = None if recipe.person is None else codes_of(changed.before[recipe.person])[0]
    after = linked(own, own[changed.kept], place, near, person=person, seed=recipe.seed)
    return {
        "attack": "an attacker who holds the original and knows the recipe looks for each person by the columns: "
        + ", ".join(recipe.quasi_identifiers),
        "before": _linkage(linked(plain, plain, every, person=person)),
        "after": _linkage(after),
    }


def _near(changed: Changed, name: str) -> Known:
    if changed.after[name].dtype.is_numeric():
        person, row = (array_of(frame[name]).astype(np.float64) for frame in (changed.before, changed.after))
        spread = float(np.ptp(person)) if len(person) else 0.0
        return Known(person, row[changed.kept], spread or 1.0)
    both = codes_of(changed.before[name], changed.after[name])
    return Known(both[0].astype(np.float64), both[1][changed.kept].astype(np.float64), 0.0)


def attribute_document(changed: Changed, recipe: Recipe) -> list[Document]:
    """Return how well the sensitive value of a person is guessed from the class, before and after."""
    found: list[Document] = []
    if not recipe.quasi_identifiers:
        return found
    plain = classes_of([codes_of(changed.before[name])[0] for name in recipe.quasi_identifiers])
    classes = [codes_of(changed.told[name])[0][changed.kept] for name in hiding(recipe)]
    own = classes_of(classes) if classes else np.zeros(int(changed.kept.sum()), dtype=np.int64)
    for name in recipe.sensitive:
        true = codes_of(changed.before[name])[0]
        told, known = codes_of(changed.after[name], changed.told[name])
        attacks = {
            "before": disclosed(plain, true, true),
            "after": disclosed(own, told[changed.kept], known[changed.kept]),
        }
        found.append({
            "sensitive": name,
            **{
                when: {
                    "learned": attack.learned,
                    "without_own_row": attack.without,
                    "gain": attack.gain,
                    "most_frequent_value": attack.base,
                    "certain": attack.certain,
                }
                for when, attack in attacks.items()
            },
        })  # fmt: skip
    return found


def column_document(changed: Changed, recipe: Recipe) -> list[Document]:
    """Return for each column of the original what is left of it."""
    found: list[Document] = []
    for name in changed.before.columns:
        way = recipe.columns.get(name)
        if name not in changed.after.columns:
            found.append({"column": name, "did": "remove", "step": "", "changed": 1.0, "kept": 0.0, "distance": None})
            continue
        kept = _kept(changed, name)
        found.append({
            "column": name,
            "did": "keep" if way is None else way.way,
            "step": changed.steps.get(name, ""),
            "changed": kept[0],
            "kept": kept[1],
            "distance": kept[2],
        })  # fmt: skip
    return found


def _kept(changed: Changed, name: str) -> tuple[float, float, float]:
    import polars as pl

    before, told, after = changed.before[name], changed.told[name], changed.after[name]
    same = (before.cast(pl.String, strict=False) == after.cast(pl.String, strict=False)) | (
        before.is_null() & after.is_null()
    )
    differs = float(1 - same.fill_null(False).to_numpy()[changed.kept].mean())
    cuts = cuts_of(array_of(before).astype(np.float64)) if before.dtype.is_numeric() else None
    origin = _codes(before, cuts)
    if after.dtype.is_numeric() and cuts is not None:
        whole, released = _codes(told, cuts), _codes(after, cuts)
    else:
        whole, released = codes_of(told, after)
    kept = kept_information(origin[changed.kept], released[changed.kept], differs, whole, released[changed.kept])
    return kept.changed, kept.kept, kept.distance


def _codes(series: "pl.Series", cuts: NDArray[np.float64] | None) -> NDArray[np.int64]:
    return codes_of(series)[0] if cuts is None else steps_of(array_of(series).astype(np.float64), cuts)


def use_document(changed: Changed, recipe: Recipe) -> Document | None:
    """Return the comparison of two models, one of either table, on held-out original rows; None without a label."""
    if recipe.label is None:
        return None
    rows = changed.before.height
    drawn = np.sort(np.random.default_rng(recipe.seed).choice(rows, min(rows, MOST_LEARNED), replace=False))
    tokens = {name for name, column in recipe.columns.items() if column.way == "pseudonymise"}
    aside = {recipe.label, recipe.person, *tokens}
    before = {n: array_of(changed.before[n].gather(drawn)) for n in changed.before.columns if n not in aside}
    names = [name for name in changed.after.columns if name not in aside]
    told, after = ({n: array_of(frame[n].gather(drawn)) for n in names} for frame in (changed.told, changed.after))
    label, label_after = (
        _label(frame[recipe.label].gather(drawn), recipe) for frame in (changed.before, changed.after)
    )
    use = kept_use(before, told, after, label, label_after, changed.kept[drawn], seed=recipe.seed)
    return _use(use, recipe.label)


def _label(series: "pl.Series", recipe: Recipe) -> NDArray[np.bool_]:
    import polars as pl

    texts = {str(item): item for item in series.drop_nulls().unique().to_list()}
    wanted = recipe.positive
    if wanted is None:
        wanted = next((item for item in texts.values() if item is True or item == 1 or item == "true"), None)
    word = str(wanted)
    if word not in texts and word.lower() in ("true", "false"):
        word = word.lower()
    if series.null_count() or len(texts) != 2 or (word not in texts):
        raise ManifestUnusable(
            f"{recipe.where('label')}: {recipe.label!r} does not hold two values, one of them {wanted!r}.",
            'Name the value that is predicted, such as positive = "yes"; remove rows without label.',
        )
    return (series.cast(pl.String) == (word.lower() if series.dtype == pl.Boolean else word)).to_numpy()


def noise_document(changed: Changed) -> list[Document]:
    """Return the epsilon that each row spends by itself for noise (local model), per column and in all."""
    if not changed.noise:
        return []
    spent: list[Document] = [{"column": name, "epsilon": release.epsilon} for name, release in changed.noise.items()]
    total = enclosed(tuple(changed.noise.values()), 0.0)
    return [*spent, {"column": None, "epsilon": total.epsilon}]


def _anonymity(found: Anonymity) -> Document:
    return {
        "k": found.k,
        "classes": found.classes,
        "rows": found.rows,
        "singled_out": found.singled_out,
        "risk": found.risk,
        "l": found.diversity,
        "entropy_l": found.entropy_diversity,
    }


def _linkage(found: Linkage) -> Document:
    return {
        "found": found.found.value,
        "interval": [found.found.low, found.found.high],
        "certain": found.certain,
        "attacked": found.attacked,
        "persons": found.persons,
        "by_chance": found.by_chance,
    }


def _use(use: KeptUse, label: str) -> Document:
    return {
        "label": label,
        "model": "logistic regression",
        "measured_on": "original rows that neither model learned from",
        "area_before": _interval(use.before),
        "area_after": _interval(use.after),
        "difference": _interval(use.difference),
        "accuracy_before": use.accuracy_before,
        "accuracy_after": use.accuracy_after,
        "mcnemar_p": use.p,
        "learned_before": use.learned_before,
        "learned_after": use.learned_after,
        "measured": use.measured,
        "membership_before": _membership(use.member_before),
        "membership_after": _membership(use.member_after),
    }


def _membership(found: Membership) -> Document:
    return {
        "area": _interval(found.area),
        "rate": found.rate,
        "true_positives": None if found.caught is None else _interval(found.caught),
    }


def _interval(found: Interval) -> Document:
    return {"value": found.value, "low": found.low, "high": found.high}

"""Tries each way that [mitigation] asks for: learns on one part of the rows, measures before and after on the other."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import numpy.typing as npt

from clerestory.assurance.fairness.mitigation import comparison, reweighing, thresholds
from clerestory.assurance.privacy.plain_model import design, fit
from clerestory.assurance.statistics.logistic import sigmoid
from clerestory.assurance.trial import Unanswered
from clerestory.assurance.trial.move import scores_of
from clerestory.intake.asking.entry import Entry
from clerestory.intake.manifest import Manifest
from clerestory.intake.manifest.mitigation import MitigationTable
from clerestory.intake.mitigation.result import IN_TRAINING, TREATMENT, Attempt, Mitigation
from clerestory.intake.mitigation.rows import NotTried, Rows, rows_of
from clerestory.intake.run import Progress, tool_version

Floats = npt.NDArray[np.float64]
Train = Callable[[Floats | None], Floats]
"""From weights of the training rows, or none, to a score for every row."""
PLAIN = "plain model (logistic regression, ridge 1)"


def mitigate(manifest: Manifest, *, now: Callable[[], datetime], progress: Progress | None = None) -> Mitigation:
    """Try what the manifest asks for.

    Raises:
        NotTried: the manifest or its data lack what is needed, or the groups do.
        ClerestoryError: data, model or estimator cannot be used.
    """
    tell = progress or (lambda _what, _done, _total: None)
    started_at = now()
    tell("reading", 0, 1)
    rows = rows_of(manifest)
    said = manifest.mitigation
    if said is None:
        raise TypeError("rows are made of a manifest that asks for mitigation")
    tell("reading", 1, 1)
    steps = 2 + len(said.methods)
    train, name = _trainer(manifest, said, rows)
    tell("trying", 0, steps)
    base = train(None) if rows.scores is None or "reweighing" in said.methods else rows.scores
    tell("trying", 1, steps)
    limit = _limit(manifest, said)
    people = _people(rows, base >= limit, manifest.data.min_group_size)
    attempts = []
    for at, method in enumerate(said.methods):
        if method == "reweighing":
            attempts.append(_reweighed(rows, train, base, limit, people, name))
        else:
            scores, of = (base, name) if rows.scores is None else (rows.scores, "scores in use")
            attempts.append(_by_threshold(rows, scores, limit, people, said, of))
        tell("trying", 2 + at, steps)
    tell("trying", steps, steps)
    return Mitigation(
        manifest=manifest,
        data=rows.data,
        tool=tool_version(),
        started_at=started_at,
        feature=rows.feature,
        high=people.high,
        low=people.low,
        trained_on=int(rows.train.sum()),
        held_out=int((~rows.train).sum()),
        left_out=rows.left_out,
        model=name,
        attempts=tuple(attempts),
    )


def _limit(manifest: Manifest, said: MitigationTable) -> float:
    if said.threshold is not None:
        return said.threshold
    return 0.5 if manifest.model is None or manifest.model.threshold is None else manifest.model.threshold


def _people(rows: Rows, before: npt.NDArray[np.bool_], minimum: int) -> comparison.People:
    """Return the held-out people; which two groups are furthest apart is found on the rows that are learned from."""
    rates = {}
    for group in np.unique(rows.groups[rows.train]).tolist():
        mine = rows.train & (rows.groups == group)
        if int(mine.sum()) >= minimum:
            rates[str(group)] = float(before[mine].mean())
    if len(rates) < 2:
        raise NotTried(
            f"{rows.feature!r} has fewer than two groups of {minimum} people to learn from.",
            "Give more rows, or set min_group_size in [data].",
        )
    return comparison.People(
        positive=rows.positive[~rows.train],
        groups=rows.groups[~rows.train],
        high=max(rates, key=lambda group: (rates[group], group)),
        low=min(rates, key=lambda group: (rates[group], group)),
        minimum=minimum,
    )


def _reweighed(rows: Rows, train: Train, base: Floats, limit: float, people: comparison.People, name: str) -> Attempt:
    groups, labels = rows.groups[rows.train].tolist(), rows.positive[rows.train]
    weights = reweighing.weights(groups, labels)
    parts = {
        f"weight of {group}, {'positive' if label else 'negative'}": f"{weight:.4f}"
        for group, label, weight in sorted(set(zip(groups, labels.tolist(), weights.tolist(), strict=True)))
    }
    after = train(weights)
    return _attempt("reweighing", name, f"{name}, training weighed", base >= limit, after >= limit, rows, people, parts)


def _by_threshold(
    rows: Rows, scores: Floats, limit: float, people: comparison.People, said: MitigationTable, of: str
) -> Attempt:
    enough = [group for group in np.unique(rows.groups) if int((rows.train & (rows.groups == group)).sum()) >= 2]
    mine = rows.train & np.isin(rows.groups, enough)
    found = thresholds.learn(scores[mine], rows.positive[mine], rows.groups[mine], equal=said.equal)
    after = thresholds.selected(scores, rows.groups, found, limit)
    parts = {"made equal": said.equal, "one threshold before": f"{limit:g}"}
    parts |= {f"threshold of {group}": f"{value:.6g}" for group, value in found.items()}
    return _attempt(
        "thresholds", f"{of}, one threshold", f"{of}, threshold per group", scores >= limit, after, rows, people, parts,
        TREATMENT, said.lawful_because or "",
    )  # fmt: skip


def _attempt(
    method: str,
    before_name: str,
    after_name: str,
    before: npt.NDArray[np.bool_],
    after: npt.NDArray[np.bool_],
    rows: Rows,
    people: comparison.People,
    parts: dict[str, str],
    caution: str = IN_TRAINING,
    declared: str = "",
) -> Attempt:
    held = ~rows.train
    return Attempt(
        method=method,
        before=before_name,
        after=after_name,
        caution=caution,
        declared=declared,
        changes=comparison.changes(before[held], after[held], people),
        groups=comparison.by_group(before[held], after[held], people),
        parts=parts,
    )


def _trainer(manifest: Manifest, said: MitigationTable, rows: Rows) -> tuple[Train, str]:
    """Return what trains a model with weights and scores all rows: the user's estimator, or the plain model."""
    if said.estimator is not None:
        return _estimator(manifest, said, said.estimator, rows), said.estimator
    x = design([rows.table[name] for name in rows.features])
    labels = rows.positive[rows.train].astype(np.float64)

    def train(weights: Floats | None) -> Floats:
        return sigmoid(x @ fit(x[rows.train], labels, weights=weights))

    return train, PLAIN


def _estimator(manifest: Manifest, said: MitigationTable, name: str, rows: Rows) -> Train:
    columns = {key: [_plain(item) for item in rows.table[key].tolist()] for key in rows.features}
    places = np.flatnonzero(rows.train).tolist()

    def train(weights: Floats | None) -> Floats:
        entry = Entry(manifest.folder, name, timeout_s=said.timeout_s)
        try:
            answer = entry.ask(
                {
                    "columns": {key: [values[at] for at in places] for key, values in columns.items()},
                    "labels": rows.positive[rows.train].tolist(),
                    "weights": (np.ones(len(places)) if weights is None else weights).tolist(),
                    "score": columns,
                }
            )
        finally:
            entry.close()
        try:
            return scores_of(answer.get("scores") if isinstance(answer, dict) else answer, len(rows.train))
        except (TypeError, ValueError, Unanswered) as error:
            raise NotTried(
                f"The estimator {name} gave no list of one finite number per row to score.",
                'Train on "columns", "labels" and "weights", and return {"scores": [...]} for the rows of "score".',
            ) from error

    return train


def _plain(value: object) -> object:
    return None if value is None or value != value else value

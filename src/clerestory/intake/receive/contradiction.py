"""Refuses a result that contradicts one that is held: the same check of the same bytes, counted otherwise.

Counts are the sender's and cannot be computed here, but two that differ for the same input cannot both be right.
"""

from collections.abc import Mapping, Sequence
from math import isclose

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.tally import Tallies, request_document, tally_document
from clerestory.intake.receive.document import PushedRun
from clerestory.intake.receive.emitted import kind_of
from clerestory.intake.receive.growing import GROWING, only_grew
from clerestory.intake.receive.recompute import Computed
from clerestory.intake.repeat import same
from clerestory.intake.trial import FILES
from clerestory.ledger.canonical import decode, encode
from clerestory.store import log
from clerestory.store.facts import judging
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document, Fact
from clerestory.terms.ids import OrganisationId

ROUNDING = 0.001
"""So much may values differ that follow from scores or folds computed on another machine."""


class ContradictsHeldResult(ClerestoryError):
    """Other counts were received before for the same input, check, parameters and requests."""


def inputs_document(run: PushedRun) -> Document:
    """Return what was measured: the data by use, and the model with how it was read; all by digest."""
    data = {use: dataset.content_digest for use, dataset in run.data.items()}
    if run.model is None:
        return {"data": data}
    asked = run.model.model_dump(include={"artefact_digest", "features", "output", "threshold"}, exclude_none=True)
    return {"data": data, "model": asked}


def refuse_contradiction(
    run: PushedRun, computed: Sequence[Computed], tallies: Tallies, organisation_id: OrganisationId
) -> None:
    """Compare each result with the first that is held, and not revoked, for the same input, check and parameters.

    Raises:
        ContradictsHeldResult: a tally of both differs by more than rounding on another machine makes.
    """
    inputs = inputs_document(run)
    digests = {dataset.content_digest for dataset in run.data.values()}
    for place, item in enumerate(computed):
        if item.measurement is None:
            continue
        alike = [fact for fact in _held(item, organisation_id) if digests.issubset(_texts(fact, "input_digests"))]
        grows = item.check.name in GROWING
        if grows:
            alike = [fact for fact in alike if fact.observed.end <= run.ended]
        for fact in alike:
            content = _content(organisation_id, fact)
            if content.get("inputs") == inputs and (grows or _same_files(content, item, tallies)):
                _compare(place, item, item.measurement, tallies, fact, content, alike)
                if not grows:
                    break


def _held(item: Computed, organisation_id: OrganisationId) -> list[Fact]:
    """The results of the check with these parameters about its subject that are not revoked, oldest first."""
    with judging(organisation_id) as index:
        node = index.nodes.get(item.subject)
        rows = [] if node is None else node.rows.get(kind_of(item.check.name), [])
        facts = [
            row.fact
            for row in rows
            if row.revoked is None and (row.value("check"), row.value("slice")) == (item.check.name, item.slice)
        ]
    return sorted(facts, key=lambda fact: (fact.received_at, fact.entry_id))


def _content(organisation_id: OrganisationId, fact: Fact) -> Document:
    body = log.content(organisation_id, fact.entry_id)
    return {} if body is None else decode(body)


def _compare(
    place: int,
    item: Computed,
    found: Measurement,
    tallies: Tallies,
    held: Fact,
    content: Document,
    alike: Sequence[Fact],
) -> None:
    counted = _counted(content)
    for request in item.requests:
        asked = request_document(request)
        before = counted.get(encode(asked))
        after = tally_document(tallies[request])
        if before is None or same(before, after) or _rounding(item, found, held, alike):
            continue
        if only_grew(item.check.name, before, tallies[request]):
            continue
        raise ContradictsHeldResult(
            f"checks.{place} ({item.check.name}): for the same input the entry {held.entry_id} holds other counts of "
            f"{asked['type']} {asked.get('column', '')}".rstrip()
            + ".",
            "Push the file that `clerestory check` writes for this input. If the earlier result is wrong, have its "
            "entry revoked; a failure needs a second person for that. Then push again.",
        )


def _counted(content: Document) -> dict[bytes, Document]:
    """Return the counts that a result holds, by what was asked."""
    return {encode(_part(pair, "request")): _part(pair, "tally") for pair in _pairs(content)}


def _same_files(content: Document, item: Computed, tallies: Tallies) -> bool:
    """Whether the trials of a held result saw the files that these saw: others beside the manifest are other input."""
    counted = _counted(content)
    pairs = ((counted.get(encode(request_document(request))), tallies[request]) for request in item.requests)
    return all(before is None or _files(before) == _files(tally_document(after)) for before, after in pairs)


def _files(tally: Document) -> str | None:
    """Return the digest of the files that a trial saw; None where it saw none."""
    notes = tally.get("notes")
    pairs = [pair for pair in notes if isinstance(pair, list | tuple)] if isinstance(notes, list | tuple) else []
    return next((str(text) for name, text in pairs if name == FILES), None)


def _rounding(item: Computed, found: Measurement, held: Fact, alike: Sequence[Fact]) -> bool:
    """Whether the results agree but for what another machine makes of scores: rows, value, and verdict at one limit."""
    said = held.values.get("value")
    close = (
        isclose(found.value, float(said), rel_tol=ROUNDING, abs_tol=ROUNDING)
        if found.value is not None and isinstance(said, str)
        else found.value is None and said is None
    )
    verdicts = {fact.values.get("verdict") for fact in alike if fact.values.get("criterion") == item.criterion}
    return close and found.n == held.values.get("n") and verdicts <= {str(item.verdict)}


def _texts(fact: Fact, field: str) -> tuple[str, ...]:
    value = fact.values.get(field)
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()


def _pairs(content: Document) -> Sequence[object]:
    pairs = content.get("tallies")
    return pairs if isinstance(pairs, list) else ()


def _part(pair: object, name: str) -> Document:
    part = pair.get(name) if isinstance(pair, Mapping) else None
    return part if isinstance(part, Mapping) else {}

"""Turns the reasons of an outcome into phrases that name what is missing, for whom, and who brings it."""

from collections.abc import Mapping

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Need
from clerestory.judgement.need.outcome import Reason
from clerestory.judgement.phrase import Phrase, phrase
from clerestory.judgement.population import label_of
from clerestory.judgement.row import Node, Row

_PARTS: Mapping[str, str] = {
    "assurance": "run `clerestory check`",
    "intake": "run `clerestory check` and `clerestory push`",
    "clerestory_sdk": "it comes from the running system through the SDK",
    "store": "it is recorded by the evidence log itself",
}


def bringer_of(catalogue: Catalogue, kind: str) -> str:
    """Return who or what brings a kind of fact in, as the end of a sentence."""
    entry = catalogue.kinds.get(kind)
    if entry is None:
        return "no part of this version brings it in"
    part = entry.producer.split(", ")[0]
    if part.startswith("registers/"):
        return f"enter it in the {part.removeprefix('registers/')} register"
    return _PARTS.get(part, f"it comes from {part}")


def phrase_of(catalogue: Catalogue, need: Need, member: Node, reason: Reason) -> Phrase:
    """Return the phrase of one reason for one member."""
    node = reason.node or member
    words = dict(reason.more)
    words["subject"] = label_of(node)
    words["bringer"] = bringer_of(catalogue, need.kind)
    if reason.code == "nothing":
        return _nothing(catalogue, need, words)
    words.setdefault("kind", _what(need, reason.row))
    if reason.row is not None:
        words |= _about(reason.row)
    if reason.code == "aged":
        words["age"] = f"{need.max_age.days} days" if need.max_age else "its tier allows"
    if reason.code in ("none_raised", "none_raised_lately"):
        words["bringer"] = bringer_of(catalogue, words["kind"])
        words["kind"], words["raised"] = _meant(words["kind"]), _meant(words["raised"])
    if reason.code in ("unanswered", "overdue", "pending"):
        words["raised"], words["kind"] = _meant(words["raised"]), _meant(need.kind)
    if reason.code == "no_linked":
        words["bringer"] = bringer_of(catalogue, catalogue.subjects[words["population"]].member)
        words["population"] = words["population"].replace("_", " ")
    if reason.code == "came_before":
        words["kind"], words["later"] = _meant(need.kind), _meant(words["later"])
    if reason.code == "not_provable":
        words["kind"] = _meant(words["kind"]) if words["kind"] in catalogue.kinds else words["kind"]
    if reason.code == "changed":
        words["changes"] = words["changes"].replace("_", " ")
    return phrase(reason.code, **words)


def _nothing(catalogue: Catalogue, need: Need, words: dict[str, str]) -> Phrase:
    if need.kind == "check":
        if need.check:
            return phrase("no_result", check=need.check, **words)
        family = " or ".join(need.families) or "named"
        return phrase("no_family_result", family=family, **words)
    if need.measured:
        return phrase("no_runtime_result", check=need.check or " or ".join(need.families), **words)
    meaning = catalogue.kinds[need.kind].meaning.rstrip(".")
    return phrase("no_record", kind=_meant(need.kind), meaning=meaning, **words)


def _about(row: Row) -> dict[str, str]:
    fact = row.fact
    words = {"entry": fact.entry_id, "day": fact.observed.end.date().isoformat(), "check": row.check}
    for name in ("criterion", "slice", "reason"):
        value = fact.values.get(name)
        words[name] = value if isinstance(value, str) and value else "no reason given" if name == "reason" else "-"
    return words


def _what(need: Need, row: Row | None) -> str:
    if row is not None and row.check:
        return row.check
    return _meant(row.fact.kind if row is not None else need.kind)


def _meant(kind: str) -> str:
    """Return a kind as words: ``record.data_quality_criteria`` is "data quality criteria"."""
    return kind.partition(".")[2].replace("_", " ") if "." in kind and "-" not in kind else kind

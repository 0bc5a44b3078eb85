"""Statuses as documents of text, whole numbers, lists and tables: for `--json`, packs and claimed statuses."""

from collections.abc import Mapping

from clerestory.judgement.evaluate import Judgement
from clerestory.judgement.phrase import Phrase
from clerestory.judgement.status import Counted, MemberResult, NeedResult, RequirementStatus, RuleResult
from clerestory.terms.fact import Document
from clerestory.terms.moment import moment_text


def status_document(status: RequirementStatus) -> Document:
    """Write a status as the contract of `status --json` has it; ``stale_on`` is empty where nothing ages."""
    return {
        "id": status.requirement,
        "title": status.title,
        "conformity": status.conformity.value,
        "coverage": _counted(status.coverage),
        "because": list(status.because),
        "missing": [phrase.text for phrase in status.missing],
        "stale_on": status.stale_on.isoformat() if status.stale_on else "",
    }


def judgement_document(judgement: Judgement) -> Document:
    """Write all statuses of a framework, in its order."""
    return {
        "framework": judgement.framework,
        "at": moment_text(judgement.at),
        "requirements": [status_document(status) for status in judgement.values()],
    }


def why_document(status: RequirementStatus) -> Document:
    """Write a status with its whole tree: rules, needs, members, entries and what is missing, with codes."""
    return {
        **status_document(status),
        "because_more": status.because_more,
        "missing": [_phrase(phrase) for phrase in status.missing],
        "notes": [_phrase(phrase) for phrase in status.notes],
        "rules": [_rule(result) for result in status.rules],
    }


def _rule(result: RuleResult) -> Document:
    return {
        "rule": result.rule,
        "because": result.because,
        "population": result.population,
        "applicable": result.applicable,
        "excepted": result.excepted,
        "state": result.state.name,
        "coverage": _counted(result.coverage),
        "missing": [_phrase(phrase) for phrase in result.missing],
        "notes": [_phrase(phrase) for phrase in result.notes],
        "needs": [_need(need) for need in result.needs],
    }


def _need(result: NeedResult) -> Document:
    document: dict[str, object] = {
        "kind": result.need.kind,
        "state": result.state.name,
        "counts": {state.name: count for state, count in result.counts},
        "members": [_member(member) for member in result.members],
    }
    if result.need.check:
        document["check"] = result.need.check
    if result.need.families:
        document["families"] = list(result.need.families)
    if result.group is not None:
        document["group"] = result.group
    return document


def _member(result: MemberResult) -> Document:
    document: dict[str, object] = {
        "subject": str(result.subject),
        "label": result.label,
        "state": result.state.name,
        "because": list(result.because),
        "missing": [_phrase(phrase) for phrase in result.missing],
        "notes": [_phrase(phrase) for phrase in result.notes],
        "stale_on": result.stale_on.isoformat() if result.stale_on else "",
    }
    if result.coverage is not None:
        document["coverage"] = _counted(result.coverage)
    return document


def _counted(counted: Counted) -> Mapping[str, int]:
    return {"have": counted.have, "need": counted.need}


def _phrase(phrase: Phrase) -> Document:
    return {"code": phrase.code, "parameters": dict(phrase.parameters), "text": phrase.text}

"""The verdict in words for somebody who is no engineer: one calm page."""

import textwrap
from collections.abc import Iterator, Mapping

from clerestory.verify.readable.account import plain_moment
from clerestory.verify.verdict import CODES, Exit, Verdict

_WIDTH = 78
_GOOD, _BAD, _OPEN = "\u2713", "\u2717", "!"


def page(verdict: Verdict, name: str) -> str:
    """Return the verdict as text."""
    lines = ["", f"Audit pack   {name}", "", *_wrap(_headline(verdict)), ""]
    if verdict.exit_code != Exit.BAD_INPUT:
        lines += [line for mark, text in _findings(verdict) for line in _wrap(text, f"  {mark} ", "    ")]
        lines.append("")
    for problem in verdict.problems:
        lines += _wrap(f"{problem.code}: {CODES[problem.code][1]}", "", "  ")
        lines += _wrap(problem.where, "  where    ", "           ")
        lines += _wrap(problem.problem, "  problem  ", "           ")
        lines += [*_wrap(problem.remedy, "  remedy   ", "           "), ""]
    return "\n".join(lines)


def _headline(verdict: Verdict) -> str:
    count = len({(problem.code, problem.where) for problem in verdict.problems})
    things = "One thing in this pack does" if count == 1 else f"{count} things in this pack do"
    return {
        Exit.FINE: "Everything in this pack follows from its evidence, and the log's key vouches for it.",
        Exit.BAD_INPUT: "Nothing was checked: what was given cannot be read.",
        Exit.DOES_NOT_FOLLOW: f"{things} not follow. Do not rely on it before each is explained.",
        Exit.TRUST_UNMET: "The pack agrees with itself and the log's key vouches for it, but not enough witnesses have "
        "seen it.",
        Exit.NOT_AUTHENTICATED: "The pack agrees with itself, but nobody vouched for it: without a trust file anybody "
        "could have made it.",
    }[verdict.exit_code]


def _findings(verdict: Verdict) -> Iterator[tuple[str, str]]:
    whole = verdict.integrity["verdict"] == "verified"
    entries = verdict.integrity["entries"]
    yield (
        _mark(whole),
        (
            f"Nothing was changed: all {entries} entries and their facts lead to the signed root."
            if whole
            else "Something was changed: see below."
        ),
    )
    yield from _contents(verdict.integrity.get("content"))
    ordered = verdict.order["verdict"] == "verified"
    yield (
        _mark(ordered),
        (
            "Nothing was left out, added or moved: the log is whole and in order."
            if ordered
            else "The log is not the one that was signed."
        ),
    )
    late = verdict.order["received_out_of_order"]
    if late:
        yield _OPEN, f"{late} entries stand behind others that were received later. Order in the log is not time."
    yield from _authenticity(verdict)
    yield from _derivation(verdict.derivation)
    yield from _unsigned(verdict.unsigned)
    yield _OPEN, "Not provable by any pack: whether something that should be in the log was never entered."


def _contents(content: object) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        erased = content["erased"]
        count = len(erased) if isinstance(erased, list) else 0
        text = f"Content: {content['verified']} verified, {count} erased as logged, {content['withheld']} withheld"
        yield _mark(not content["failed"]), text + (f", {content['failed']} failed." if content["failed"] else ".")


def _authenticity(verdict: Verdict) -> Iterator[tuple[str, str]]:
    part = verdict.authenticity
    yield {
        "authentic": (_GOOD, f"Signed by the key of {part.get('origin')} that the trust file names."),
        "not authenticated": (_OPEN, f"Signed by a key that calls itself {part.get('origin')}; nobody vouched for it."),
    }.get(str(part["verdict"]), (_BAD, "The signature does not stand for this log."))
    count = verdict.witnesses["count"]
    if count:
        yield (
            _mark(verdict.witnesses["verdict"] == "quorum met"),
            f"Seen by {count} independent witness{'' if count == 1 else 'es'}.",
        )
    else:
        yield _OPEN, "No independent witness has seen this log: its owner could have rewritten it before today."


def _derivation(part: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if part["verdict"] == "follows":
        moment = plain_moment(str(part.get("at")))
        yield _GOOD, f"All {part.get('requirements')} statuses as of {moment} were derived again and are as claimed."
        late = part.get("received_after")
        if late:
            text = "1 entry was" if late == 1 else f"{late} entries were"
            yield _OPEN, f"{text} received after that moment: no status counts what was entered since."
    else:
        yield _BAD, "Claimed statuses do not follow from the evidence, or could not be derived again."
    catalogue = part.get("catalogue")
    rules = catalogue.get("differing_rules") if isinstance(catalogue, Mapping) else None
    if isinstance(rules, list) and rules:
        shown = ", ".join(str(rule) for rule in rules[:8])
        yield _OPEN, f"{len(rules)} rules differ from those of this verifier's version: {shown}."


def _unsigned(part: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    written = f"{plain_moment(str(part['written_at']))} by {part['tool']}"
    text = "Not signed, whoever handed the pack on could have chosen it: the moment of the statuses, what is withheld"
    yield _OPEN, f"{text} (scope: {part['scope']}), and that it was written {written}."


def _mark(fine: bool) -> str:
    return _GOOD if fine else _BAD


def _wrap(text: str, first: str = "", others: str = "") -> list[str]:
    return textwrap.wrap(_plain(text), _WIDTH, initial_indent=first, subsequent_indent=others) or [first]


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)

"""The verdict in words for somebody who is no engineer: one calm page."""

import textwrap
from collections.abc import Iterator, Mapping

from clerestory.ledger.exchange.rotation import ANNOUNCED, COMPROMISED
from clerestory.verify import single_words
from clerestory.verify.readable.account import plain_moment
from clerestory.verify.time.words import findings
from clerestory.verify.verdict import CODES, Exit, Verdict

_WIDTH = 78
MEANS: Mapping[Exit, str] = {
    Exit.FINE: "Nobody changed, removed or added anything since the log was signed. index.html and report.pdf say what "
    "the entries give: read there which requirements conform and which do not. It is no certificate.",
    Exit.DOES_NOT_FOLLOW: "This file is not what the log holds, or it claims more than the log gives. The cause may be "
    "harmless, as a damaged download; it may also be a change on purpose. Do not use it. Ask its owner for the pack "
    "again. If the same is found again, keep both files and ask for an explanation in writing.",
    Exit.BAD_INPUT: "Nothing can be said about what it holds: neither that it is right nor that it is wrong.",
    Exit.TRUST_UNMET: "What the file says follows, but fewer independent witnesses than you asked for have seen the "
    "log: its owner could show others another one.",
    Exit.NOT_AUTHENTICATED: "The file is in itself consistent, as an invented one can be. It says something about the "
    "organisation only once the key is known to be theirs.",
}
"""What a verdict means for somebody who has to decide whether to rely on a pack."""
CONSEQUENCES: Mapping[str, str] = {
    "E_PACK": "nothing in the file was looked at.",
    "E_VERSION": "nothing in the file was looked at; another version of this program may read it.",
    "E_PROOF": "nothing in the file was looked at.",
    "E_TRUST": "without the trust file nobody can say whose pack it is.",
    "E_MEMBER": "part of the file is not what was packed.",
    "E_CHECKPOINT": "it is not certain which log this is, or how long it was when it was signed.",
    "E_SIG": "the owner of the log did not sign this, or signed something else.",
    "E_KEY": "somebody who has an old key of the log could have made this.",
    "E_ROOT": "at least one entry is not what it was when the log was signed.",
    "E_SIZE": "entries were left out or added since the log was signed.",
    "E_FORK": "history was rewritten: two people were shown two different pasts.",
    "E_EARLIER": "whether history was rewritten could not be seen.",
    "E_TIME": "how long ago these entries existed at the latest is not proven by this token.",
    "E_LEAF": "this entry proves nothing.",
    "E_ENTRY": "one name stands for two entries, so references to it are ambiguous.",
    "E_FACTS": "what was judged is not what the entry recorded.",
    "E_CONTENT": "the document behind the entry is gone or is another one.",
    "E_ERASURE": "what the log says about an erased document is not what the file holds.",
    "E_CATALOGUE": "statuses were derived by rules that nobody published.",
    "E_STATUS": "the organisation claims a status that its own records do not give.",
    "E_PAGE": "what a reader is shown is not what the pack holds.",
    "E_QUORUM": "its owner could show somebody else another log.",
    "E_UNTRUSTED": "anybody could have made this file.",
}
"""What a problem means, as the end of a sentence that begins with its problem."""
_OLDER = (
    "Ask for a trust file that was written since; an older one still believes what this key signs for a shorter log."
)
_GOOD, _BAD, _OPEN = single_words.GOOD, single_words.BAD, single_words.OPEN


def page(verdict: Verdict, name: str) -> str:
    """Return the verdict as text: what was checked, what it means, what does not follow and what to do."""
    single = single_words.speaks_of(verdict)
    headline = single_words.HEADLINES[verdict.exit_code] if single else _headline(verdict)
    lines = ["", f"{'Proof of one entry' if single else 'Audit pack'}   {name}", "", *_wrap(headline), ""]
    if verdict.exit_code != Exit.BAD_INPUT:
        lines.append("What was checked")
        found = single_words.findings(verdict, _authenticity(verdict)) if single else _findings(verdict)
        lines += [line for mark, text in found for line in _wrap(text, f"  {mark} ", "    ")]
        lines.append("")
    means = (single_words.MEANS if single else MEANS)[verdict.exit_code]
    lines += ["What it means", *_wrap(means, "  ", "  "), ""]
    if verdict.problems:
        lines += ["What does not follow, and what to do" if _fails(verdict) else "What to do", ""]
    for problem in verdict.problems:
        lines += _wrap(f"{problem.code}: {CODES[problem.code][1]}", "  ", "    ")
        lines += _wrap(problem.where, "    where    ", "             ")
        lines += _wrap(problem.problem, "    problem  ", "             ")
        lines += _wrap(CONSEQUENCES[problem.code], "    so       ", "             ")
        lines += [*_wrap(problem.remedy, "    remedy   ", "             "), ""]
    return "\n".join(lines)


def _fails(verdict: Verdict) -> bool:
    return verdict.exit_code in (Exit.DOES_NOT_FOLLOW, Exit.BAD_INPUT)


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
    yield from findings(verdict.time)
    yield from _derivation(verdict.derivation)
    yield from _pages(verdict)
    yield from _unsigned(verdict.unsigned)
    yield from _rows(verdict.completeness.get("rows"))
    yield _OPEN, "Not provable by any pack: whether something that should be in the log was never entered."


def _rows(part: object) -> Iterator[tuple[str, str]]:
    if not isinstance(part, Mapping):
        return
    if part["verdict"] == "never compared":
        yield _OPEN, "The log does not say that its owner ever compared it with the rows of the registers."
        return
    said = f"Its owner's server compared the log with the rows of the registers {plain_moment(str(part['at']))}"
    if part["verdict"] == "fit":
        yield _OPEN, f"{said}: {part['rows']} rows and {part['size']} entries fitted. That is its own word."
    else:
        count = part.get("problems", "an unreadable number of")
        yield _BAD, f"{said}: {count} things did not fit. Ask what they were: leaf {part['leaf']}, {part['entry']}."


def _contents(content: object) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        erased = content["erased"]
        count = len(erased) if isinstance(erased, list) else 0
        text = f"Content: {content['verified']} verified, {count} erased as logged, {content['withheld']} withheld"
        yield _mark(not content["failed"]), text + (f", {content['failed']} failed." if content["failed"] else ".")


def _authenticity(verdict: Verdict) -> Iterator[tuple[str, str]]:
    part = verdict.authenticity
    yield {
        "authentic": (_GOOD, _vouched(part)),
        "not authenticated": (_OPEN, f"Signed by a key that calls itself {part.get('origin')}; nobody vouched for it."),
    }.get(str(part["verdict"]), (_BAD, "The signature does not stand for this log."))
    yield from _turns(part.get("turns"))
    count = verdict.witnesses["count"]
    if count:
        yield (
            _mark(verdict.witnesses["verdict"] == "quorum met"),
            f"Seen by {count} independent witness{'' if count == 1 else 'es'}.",
        )
    else:
        yield _OPEN, "No independent witness has seen this log: its owner could have rewritten it before today."


def _vouched(part: Mapping[str, object]) -> str:
    if part.get("followed"):
        return f"Signed by a key of {part.get('origin')} that follows, in the log, from one that the trust file names."
    return f"Signed by the key of {part.get('origin')} that the trust file names."


def _turns(turns: object) -> Iterator[tuple[str, str]]:
    for turn in turns if isinstance(turns, list) else ():
        if turn["act"] == ANNOUNCED:
            yield _GOOD, f"Leaf {turn['leaf']}: the log's key {turn['by']} named {turn['key']} as the one that follows."
        elif turn["why"] == COMPROMISED:
            yield _OPEN, f"Leaf {turn['leaf']}: the key {turn['key']} signs no longer: it was compromised. {_OLDER}"
        else:
            yield _GOOD, f"Leaf {turn['leaf']}: the key {turn['key']} signs no longer; nothing longer counts by it."


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


def _pages(verdict: Verdict) -> Iterator[tuple[str, str]]:
    wrong = [problem.where for problem in verdict.problems if problem.code == "E_PAGE"]
    damaged = any(problem.code in ("E_FACTS", "E_LEAF", "E_ENTRY", "E_CATALOGUE") for problem in verdict.problems)
    if wrong:
        yield _BAD, f"For readers: {', '.join(wrong)} was changed or was never made from this pack."
    elif damaged or verdict.derivation["verdict"] != "follows":
        yield _OPEN, "For readers: index.html and report.pdf repeat the claims of the pack; do not read them as true."
    else:
        yield _GOOD, "For readers: index.html, report.pdf and README.txt were made again and say what the pack says."


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

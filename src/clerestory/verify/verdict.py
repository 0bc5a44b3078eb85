"""The verdict on a pack: what was found, what does not follow, and the exit code that says so."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

MOST_OF_A_KIND = 20
"""More problems of one code than this are counted, not listed."""


class Exit(IntEnum):
    """Exit codes of the product, as far as they concern a pack."""

    FINE = 0
    DOES_NOT_FOLLOW = 1
    BAD_INPUT = 2
    NOT_AUTHENTICATED = 4
    TRUST_UNMET = 5


PRECEDENCE = (Exit.BAD_INPUT, Exit.DOES_NOT_FOLLOW, Exit.TRUST_UNMET, Exit.NOT_AUTHENTICATED)

CODES: Mapping[str, tuple[Exit, str]] = {
    "E_PACK": (Exit.BAD_INPUT, "the file cannot be read as a pack"),
    "E_VERSION": (Exit.BAD_INPUT, "the pack is of a version that this verifier does not read"),
    "E_PROOF": (Exit.BAD_INPUT, "the file cannot be read as the proof of an entry"),
    "E_TRUST": (Exit.BAD_INPUT, "the trust file cannot be read"),
    "E_MEMBER": (Exit.DOES_NOT_FOLLOW, "a member is missing, damaged, added or out of order"),
    "E_CHECKPOINT": (Exit.DOES_NOT_FOLLOW, "the checkpoint is malformed or of another log"),
    "E_SIG": (Exit.DOES_NOT_FOLLOW, "the log's signature is not over this checkpoint"),
    "E_KEY": (Exit.DOES_NOT_FOLLOW, "a key of the log signed or named another one when it was not its turn"),
    "E_ROOT": (Exit.DOES_NOT_FOLLOW, "the entries do not lead to the signed root"),
    "E_SIZE": (Exit.DOES_NOT_FOLLOW, "the number of entries is not the signed one"),
    "E_FORK": (Exit.DOES_NOT_FOLLOW, "two signed views of one log do not extend each other"),
    "E_EARLIER": (Exit.DOES_NOT_FOLLOW, "a file received earlier is of another log, so nothing could be compared"),
    "E_TIME": (Exit.DOES_NOT_FOLLOW, "a time token does not vouch for what it is packed with"),
    "E_LEAF": (Exit.DOES_NOT_FOLLOW, "an entry is malformed"),
    "E_ENTRY": (Exit.DOES_NOT_FOLLOW, "an entry id stands in the log twice"),
    "E_FACTS": (Exit.DOES_NOT_FOLLOW, "facts are missing or are not those that the entry commits to"),
    "E_CONTENT": (Exit.DOES_NOT_FOLLOW, "content is missing or is not what the entry commits to"),
    "E_ERASURE": (Exit.DOES_NOT_FOLLOW, "content is said to be erased and the log does not say so, or the reverse"),
    "E_CATALOGUE": (Exit.DOES_NOT_FOLLOW, "rules or frameworks are not those that were released"),
    "E_STATUS": (Exit.DOES_NOT_FOLLOW, "a claimed status does not follow from the evidence"),
    "E_PAGE": (Exit.DOES_NOT_FOLLOW, "a page for people does not say what the pack says"),
    "E_QUORUM": (Exit.TRUST_UNMET, "fewer witnesses agree than the trust file asks for"),
    "E_UNTRUSTED": (Exit.NOT_AUTHENTICATED, "nobody vouched for the key: no trust file was given"),
}
"""Every code with its exit code and its meaning."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not follow: where it stands and what to do about it."""

    code: str
    where: str
    problem: str
    remedy: str


@dataclass(slots=True)
class Findings:
    """Problems in the order in which they were found; floods of one kind are counted and cut."""

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, where: str, problem: str, remedy: str) -> None:
        """Note a problem."""
        self.counts[code] += 1
        if self.counts[code] <= MOST_OF_A_KIND:
            self.problems.append(Problem(code, where, problem, remedy))

    def none_of(self, *codes: str) -> bool:
        """Return whether no problem of these codes was found."""
        return not any(self.counts[code] for code in codes)

    def worst(self) -> Exit:
        """Return the exit code with the highest precedence among the problems."""
        return _worst(code for code, count in self.counts.items() if count)

    def listed(self) -> tuple[Problem, ...]:
        """Return the problems, with a last one for each code that was cut."""
        cut = [
            Problem(
                code,
                "further places",
                f"{count - MOST_OF_A_KIND} more problems of this kind were found.",
                "Start with the ones that are listed.",
            )
            for code, count in self.counts.items()
            if count > MOST_OF_A_KIND
        ]
        return (*self.problems, *cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `pack verify` says. Each part is a small document whose ``verdict`` is a word."""

    follows: bool
    integrity: Mapping[str, object]
    order: Mapping[str, object]
    authenticity: Mapping[str, object]
    witnesses: Mapping[str, object]
    time: Mapping[str, object]
    completeness: Mapping[str, object]
    derivation: Mapping[str, object]
    unsigned: Mapping[str, object]
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> Exit:
        """The exit code with the highest precedence among the problems."""
        return _worst(problem.code for problem in self.problems)

    def document(self) -> dict[str, object]:
        """Write the verdict as the document of ``pack verify --json``."""
        parts = ("integrity", "order", "authenticity", "witnesses", "time", "completeness", "derivation", "unsigned")
        return {
            "follows": self.follows,
            **{part: dict(getattr(self, part)) for part in parts},
            "problems": [
                {"code": p.code, "where": p.where, "problem": p.problem, "remedy": p.remedy} for p in self.problems
            ],
        }


def _worst(codes: Iterable[str]) -> Exit:
    found = {CODES[code][0] for code in codes}
    return next((code for code in PRECEDENCE if code in found), Exit.FINE)


NOT_CHECKED: Mapping[str, object] = {"verdict": "not checked"}


def unreadable(code: str, where: str, problem: str, remedy: str) -> Verdict:
    """Return the verdict on something that could not be read at all."""
    return Verdict(
        follows=False,
        integrity=NOT_CHECKED,
        order=NOT_CHECKED,
        authenticity=NOT_CHECKED,
        witnesses=NOT_CHECKED,
        time=NOT_CHECKED,
        completeness=NOT_CHECKED,
        derivation=NOT_CHECKED,
        unsigned=NOT_CHECKED,
        problems=(Problem(code, where, problem, remedy),),
    )

"""The moves of a trial and their answers: rows, predictions, files, chat and acts of an agent, as plain values."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.parameter import Parameters
from clerestory.assurance.tally import TrialTally
from clerestory.assurance.tally.request import CURRENT
from clerestory.terms.error import ClerestoryError

Table = Mapping[str, NDArray[Any]]
"""Columns of one length: numbers as float64 (missing is NaN), truth values as bool or, with missing ones, float64,
everything else as objects: text as str, missing as None."""


class Unanswered(ClerestoryError):
    """A move got no answer: the endpoint timed out, refused for now, or answered with something of another shape.

    It is raised inside the trial at the move. A trial that goes on counts the case as unanswered.
    """


@dataclass(frozen=True, slots=True)
class Sample:
    """At most ``rows`` rows of a table without replacement, drawn with ``seed``, in their order. Answer: `Sampled`."""

    columns: tuple[str, ...]
    rows: int
    seed: int = 0
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class Sampled:
    """The rows drawn, and of how many."""

    table: Table
    total: int


@dataclass(frozen=True, slots=True)
class Predict:
    """What the model says of rows that have all its features. Answer: one finite score per row, float64.

    For a classifier the score is the probability of the favourable class. ``previous``: ask the version compared with.
    """

    table: Table
    previous: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """The bytes of a file, relative to the manifest. Answer: bytes; None where there is no such file."""

    path: str


@dataclass(frozen=True, slots=True)
class Find:
    """The files that a glob pattern matches, relative to the manifest. Answer: tuple of paths, sorted, as POSIX."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; ``role`` is system, user, assistant or tool."""

    role: str
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a language model is offered; ``parameters`` maps the names of its arguments to what they mean."""

    name: str
    about: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool that a language model or an agent asked for."""

    tool: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation that the language model under test goes on with. Answer: `Reply`.

    ``who``: ``model`` is the one under test, ``judge`` the one that a check declares as its judge. ``once``: do not ask
    again where it refuses for now (429); that refusal is the answer looked for, and raised as `Unanswered`.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    who: str = "model"
    seed: int = 0
    once: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a language model said, which tools it asked for, and how long it took."""

    text: str
    calls: tuple[Call, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """One step at the place where an agent's acts are allowed or denied. Answer: `Acted`.

    ``principal`` asks for it, on behalf of whom the ``context`` says; ``approved_by`` is the person who approved it.
    ``key`` is the idempotency key; the same key twice is the same act. ``once``: do not ask again where it refuses for
    now (429); that refusal is the answer looked for, and raised as `Unanswered`.
    """

    principal: str
    call: Call
    context: Mapping[str, str] = field(default_factory=dict)
    approved_by: str = ""
    key: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of an act: ``allowed``, ``denied`` or ``waits`` (for a person), the effects that happened by it, and
    how long it took."""

    decision: str
    effects: tuple[str, ...] = ()
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verify:
    """Whether a signature over a body holds under a public key in PEM (Ed25519, ECDSA or RSA). Answer: bool.

    ECDSA and RSA sign the SHA-256 of the body, on larger curves SHA-384 or SHA-512. A text that is no such key is
    refused.
    """

    key: bytes
    signature: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Audit:
    """What the auditor's program says of a pack of an evidence log. Answer: `Audited`.

    ``trust`` is the file that says whose key to believe, ``earlier`` are packs or checkpoints that the log must extend;
    all are relative to the manifest. A trust file that is not there vouches for nobody.
    """

    pack: str
    trust: str = ""
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audited:
    """How many entries the log has, and what does not follow: code, place and problem."""

    entries: int
    problems: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of the tables that a glob pattern matches: CSV, Parquet or JSON lines, one behind the other.

    Those of ``optional`` may be missing; they are then not there. Answer: `Brought`.
    """

    pattern: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """The rows, of which files, and the digest of these together; no file at all: no rows."""

    table: Table
    files: tuple[str, ...]
    digest: str = ""

    @property
    def total(self) -> int:
        """The number of rows."""
        return len(next(iter(self.table.values()), ()))


@dataclass(frozen=True, slots=True)
class Probe:
    """A request as it would reach the service behind [model], perhaps a broken one. Answer: `Probed`."""

    document: object


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of it: ``answered``, ``refused`` (a declared refusal) or ``failed``, and how long it took."""

    outcome: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of a decision log below the manifests that a glob pattern matches. Answer: tuple of `KeptDay`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """One batch: what its manifest says of it, and what lies there.

    ``found_rows`` and ``found_root`` are computed from the file, None and empty where it cannot be read.
    """

    batch_id: str
    rows: int
    row_root: str
    disposed: bool
    found_rows: int | None = None
    found_root: str = ""


@dataclass(frozen=True, slots=True)
class KeptDay:
    """One day of a decision log in its ``folder``. ``strays``: files of rows that no batch names.

    ``problem``: why the manifest cannot be read; then there are no batches.
    """

    folder: str
    day: str
    batches: tuple[KeptBatch, ...] = ()
    holds: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    problem: str = ""


Move = Sample | Predict | Read | Find | Chat | Act | Verify | Audit | Rows | Batches | Probe
Talk = Generator[Move, Any, TrialTally]
"""A trial under way."""
Performer = Callable[[Parameters], Talk]
"""Begins a trial with complete parameters; equal parameters and equal answers give the equal tally."""


def scores_of(answer: object, rows: int) -> NDArray[np.float64]:
    """Return an answer to `Predict` as scores; raise `Unanswered` when it has another shape or is not finite."""
    scores = np.asarray(answer, dtype=np.float64)
    if scores.shape != (rows,) or not np.isfinite(scores).all():
        raise Unanswered("The model did not give one finite score per row.", "Give one number for each row.")
    return scores

"""Trials: what a check tries on the thing under test, as a conversation. Opens, calls and sends nothing itself.

A trial is a generator. It yields a move (`move.py`), is sent the answer, and returns a `TrialTally`: how many cases of
which kind were tried and how many hit. Whoever drives it (`clerestory.intake.trial`) holds the model, the endpoint and
the files. So an attack runs in a test against a function, and a server computes the verdict again from the tally.
"""

from clerestory.assurance.trial.cells import Tried, pooled, worst_cell
from clerestory.assurance.trial.move import (
    Act,
    Acted,
    Audit,
    Audited,
    Batches,
    Brought,
    Call,
    Chat,
    Find,
    KeptBatch,
    KeptDay,
    Message,
    Move,
    Performer,
    Predict,
    Probe,
    Probed,
    Read,
    Reply,
    Rows,
    Sample,
    Sampled,
    Table,
    Talk,
    Tool,
    Unanswered,
    Verify,
)
from clerestory.assurance.trial.wanted import trial_of, trial_tally

__all__ = [
    "Act",
    "Acted",
    "Audit",
    "Audited",
    "Batches",
    "Brought",
    "Call",
    "Chat",
    "Find",
    "KeptBatch",
    "KeptDay",
    "Message",
    "Move",
    "Performer",
    "Predict",
    "Probe",
    "Probed",
    "Read",
    "Reply",
    "Rows",
    "Sample",
    "Sampled",
    "Table",
    "Talk",
    "Tool",
    "Tried",
    "Unanswered",
    "Verify",
    "pooled",
    "trial_of",
    "trial_tally",
    "worst_cell",
]

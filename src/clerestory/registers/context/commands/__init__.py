"""The only writes of the context: each writes a row, its evidence and its proposal in one transaction."""

from clerestory.registers.context.commands.issue import (
    change_issue,
    end_issue,
    note_issue,
    review_context,
)
from clerestory.registers.context.commands.obligation import (
    change_obligation,
    end_obligation,
    note_obligation,
    review_law,
)
from clerestory.registers.context.commands.party import (
    change_party,
    decide_need,
    end_party,
    note_party,
    review_parties,
    trace_needs,
)
from clerestory.registers.context.commands.scope import place_system, propose_scope
from clerestory.registers.context.commands.writing import Recorded

__all__ = [
    "Recorded",
    "change_issue",
    "change_obligation",
    "change_party",
    "decide_need",
    "end_issue",
    "end_obligation",
    "end_party",
    "note_issue",
    "note_obligation",
    "note_party",
    "place_system",
    "propose_scope",
    "review_context",
    "review_law",
    "review_parties",
    "trace_needs",
]

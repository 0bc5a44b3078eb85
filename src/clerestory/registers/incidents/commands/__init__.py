"""The only writes of concerns: how people speak up, what they wrote, and what came of it."""

from clerestory.registers.incidents.commands.channel import (
    begin_trial,
    end_trial,
    propose_procedure,
    refuse_last_receiver,
)
from clerestory.registers.incidents.commands.concern import (
    Received,
    answer,
    decide_outcome,
    erase_words,
    speak_up,
    write_again,
)

__all__ = [
    "Received",
    "answer",
    "begin_trial",
    "decide_outcome",
    "end_trial",
    "erase_words",
    "propose_procedure",
    "refuse_last_receiver",
    "speak_up",
    "write_again",
]

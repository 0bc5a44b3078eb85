"""The only writes of monitoring: what people decide about monitors, and what the server's jobs keep of runs."""

from clerestory.registers.monitoring.commands.alarm import answer_alarm
from clerestory.registers.monitoring.commands.monitor import (
    Kept,
    Wanted,
    change_monitor,
    end_monitor,
    pause_monitor,
    resume_monitor,
    set_up_monitor,
)
from clerestory.registers.monitoring.commands.run import (
    Came,
    ask_run,
    begin_run,
    finish_run,
    note_progress,
    note_silence,
    plan_due_runs,
)

__all__ = [
    "Came",
    "Kept",
    "Wanted",
    "answer_alarm",
    "ask_run",
    "begin_run",
    "change_monitor",
    "end_monitor",
    "finish_run",
    "note_progress",
    "note_silence",
    "pause_monitor",
    "plan_due_runs",
    "resume_monitor",
    "set_up_monitor",
]

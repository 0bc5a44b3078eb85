"""Pages of monitors. They translate between forms and commands and hold no rule."""

from clerestory.registers.monitoring.views.pages import monitor, monitors
from clerestory.registers.monitoring.views.steps import add, answer, edit, end, pause, resume, run

__all__ = ["add", "answer", "edit", "end", "monitor", "monitors", "pause", "resume", "run"]

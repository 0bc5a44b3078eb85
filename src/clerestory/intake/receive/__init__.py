"""The server's side of `clerestory push`: nothing is believed that can be computed again."""

from clerestory.intake.receive.admission import register
from clerestory.intake.receive.run import Receipt, receive

__all__ = ["Receipt", "receive", "register"]

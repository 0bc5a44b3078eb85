"""Notices: what members and other programs are told, how, and whether it got through."""

from clerestory.desk.notice.notify import administrators, notify, untold

__all__ = ["administrators", "notify", "untold"]

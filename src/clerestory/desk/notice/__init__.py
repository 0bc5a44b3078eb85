"""Notices: what members and other programs are told, how, and whether it got through."""

from clerestory.desk.notice.notify import Tiding, administrators, notify, tell

__all__ = ["Tiding", "administrators", "notify", "tell"]

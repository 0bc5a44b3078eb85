"""Tables of the desk: constraints only. Each file holds the tables of one concern; Django finds them here."""

from clerestory.desk.models.approval import Approval, Proposal, Revocation
from clerestory.desk.models.notice import Mail, Notice, NoticeChoice, WebhookPost, WebhookTarget
from clerestory.desk.models.people import ACCESS_LEVELS, Membership, OneTimeLink, Token, User
from clerestory.desk.models.record import Attachment, Comment, Draft
from clerestory.desk.models.view import SavedView
from clerestory.desk.models.visit import Visit

__all__ = [
    "ACCESS_LEVELS",
    "Approval",
    "Attachment",
    "Comment",
    "Draft",
    "Mail",
    "Membership",
    "Notice",
    "NoticeChoice",
    "OneTimeLink",
    "Proposal",
    "Revocation",
    "SavedView",
    "Token",
    "User",
    "Visit",
    "WebhookPost",
    "WebhookTarget",
]

"""Tables of the desk: constraints only. Each file holds the tables of one concern; Django finds them here."""

from clerestory.desk.models.approval import Approval, Proposal, Revocation
from clerestory.desk.models.people import ACCESS_LEVELS, Membership, OneTimeLink, Token, User

__all__ = ["ACCESS_LEVELS", "Approval", "Membership", "OneTimeLink", "Proposal", "Revocation", "Token", "User"]

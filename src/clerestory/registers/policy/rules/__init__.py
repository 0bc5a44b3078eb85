"""What a policy, its publication, its comparison with others and its review must say."""

from clerestory.registers.policy.rules.order import ASKED, BY_KIND, TOP, asked_by_default, can_be_filled, check_order
from clerestory.registers.policy.rules.policy import (
    KINDS,
    MAIN,
    Alignment,
    Draft,
    Outcome,
    Policy,
    PolicyRefused,
    Publication,
    Review,
    check_alignment,
    check_draft,
    check_policy,
    check_publication,
    check_review,
)
from clerestory.registers.policy.rules.template import Template, templates

__all__ = [
    "ASKED",
    "BY_KIND",
    "KINDS",
    "MAIN",
    "TOP",
    "Alignment",
    "Draft",
    "Outcome",
    "Policy",
    "PolicyRefused",
    "Publication",
    "Review",
    "Template",
    "asked_by_default",
    "can_be_filled",
    "check_alignment",
    "check_draft",
    "check_order",
    "check_policy",
    "check_publication",
    "check_review",
    "templates",
]

"""What a policy, its publication, its comparison with others and its review must say."""

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
    "KINDS",
    "MAIN",
    "Alignment",
    "Draft",
    "Outcome",
    "Policy",
    "PolicyRefused",
    "Publication",
    "Review",
    "Template",
    "check_alignment",
    "check_draft",
    "check_policy",
    "check_publication",
    "check_review",
    "templates",
]

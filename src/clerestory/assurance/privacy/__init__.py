"""What a model or data give away about persons: attacks, personal data found, and the differential-privacy budget."""

from clerestory.assurance.privacy import (
    attribute_inference,
    budget_accounting,
    membership_inference,
    personal_data_leak,
    personal_data_scan,
)

__all__ = [
    "attribute_inference",
    "budget_accounting",
    "membership_inference",
    "personal_data_leak",
    "personal_data_scan",
]

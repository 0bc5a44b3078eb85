"""The Statement of Applicability (6.1.3): each control of Annex A decided with a reason and approved."""

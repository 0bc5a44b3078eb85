"""Django application of the risk register."""

from typing import ClassVar

from django.apps import AppConfig


class Risk(AppConfig):
    """Registered as ``risk``."""

    name = "clerestory.registers.risk"
    label = "risk"
    holds_every: ClassVar = {
        "actionplan.entry_id": ("record.risk_and_opportunity_plan",),
        "assessment.entry_id": ("record.risk_assessment",),
        "estimate.entry_id": ("record.loss_estimate",),
        "plan.entry_id": ("record.treatment_plan",),
        "process.entry_id": ("record.treatment_process",),
        "scales.entry_id": ("record.risk_criteria",),
        "scales.method_entry_id": ("record.risk_method",),
        "step.entry_id": (
            "approval.residual_risk",
            "decision.treatment",
            "record.risk_analysis",
            "record.treatment_effectiveness",
        ),
        "threatreview.entry_id": ("record.threat_review",),
    }
    holds_newest: ClassVar = {
        "plannedaction.entry_id": ("register.planned_action",),
        "plannedaction.judge_entry_id": ("record.action_effectiveness",),
        "risk.entry_id": ("register.risk",),
        "task.done_entry_id": ("record.treatment_implementation",),
        "threatmodel.entry_id": ("register.threat_model",),
        "trial.entry_id": ("record.comparability_trial",),
    }
    holds_some: ClassVar = {
        "move.entry_id": ("register.risk",),
        "step.entry_id": ("register.risk",),
    }

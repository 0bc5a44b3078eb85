"""Service and watching of what runs: requests within limits, alarms answered, monitors that really ran."""

from clerestory.assurance.operation import alert_response, availability, monitor_coverage

__all__ = ["alert_response", "availability", "monitor_coverage"]

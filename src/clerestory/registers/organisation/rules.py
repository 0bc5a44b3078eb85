"""What an organisation, a process of the management system and the records about them must satisfy."""

CLAUSE_FAMILIES = ("4", "5", "6", "7", "8", "9", "10")
RUN_OUTCOMES = ("completed", "stopped", "missed")

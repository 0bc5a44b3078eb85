"""The audit pack: one zip that holds a whole log and the statuses derived from it, checkable offline."""

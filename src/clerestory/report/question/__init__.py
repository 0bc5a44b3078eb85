"""The seven questions: counts from the log, their trend, and the sentence that answers each."""

"""What the jobs of monitors do around a run: silence, the decision log, and files that are hashed again."""

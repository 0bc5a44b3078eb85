"""Commands that ask the log: where requirements stand, and the pack that proves it."""

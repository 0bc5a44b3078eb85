"""The way out for a log that is older than what was signed: read in again from what it published and handed out."""

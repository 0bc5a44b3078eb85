"""Ways in besides a password: tokens for machines, and links that work once. Secrets are shown once and never kept."""

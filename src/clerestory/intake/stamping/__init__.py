"""Time tokens: asks the authority that the settings name, and keeps what it answers once it was checked."""

"""When entries existed: what the log claims, what witnesses and time stamping authorities prove, in words."""

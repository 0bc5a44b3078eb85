"""The auditor's program: checks an audit pack offline, with the standard library and `cryptography` alone."""

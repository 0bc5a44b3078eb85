"""Register of the context (4.1 to 4.3): issues, interested parties, obligations, AI roles and the scope."""

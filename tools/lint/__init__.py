"""Own lint rules: what neither ruff nor import contracts can see. Each has a reason, a right and a wrong example."""

"""How what is under test is reached: a Python entry in a process of its own, or an HTTP endpoint."""

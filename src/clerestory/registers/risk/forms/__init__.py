"""Forms of the risk register: a scale stands beside its choice, and nothing is chosen for anybody in advance."""

"""The one base of every error that is meant for people: what is wrong and what to do about it."""


class ClerestoryError(Exception):
    """Carry a problem and its remedy, each one sentence, to whichever shell shows it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

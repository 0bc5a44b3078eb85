"""What the reading of a model file gives."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Found:
    """The form of a file, what in it is unsafe, and what of it could not be judged."""

    form: str
    unsafe: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    """Files that it points to."""

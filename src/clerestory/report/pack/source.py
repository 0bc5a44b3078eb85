"""What a pack is made from: one log up to a signed checkpoint. The store's handover is one; a test's log another."""

from collections.abc import Iterator
from typing import Protocol


class HeldContent(Protocol):
    """The content of one entry, with the salt where the commitment is salted."""

    @property
    def body(self) -> bytes:
        """The bytes that the entry commits to."""

    @property
    def salt(self) -> bytes | None:
        """The salt of a salted commitment."""

    @property
    def media_type(self) -> str:
        """What the bytes are."""


class LogSource(Protocol):
    """One log up to its signed checkpoint; positions count from 0."""

    @property
    def origin(self) -> str:
        """The log's name."""

    @property
    def size(self) -> int:
        """The number of entries that the checkpoint covers."""

    @property
    def note(self) -> str:
        """The signed checkpoint."""

    @property
    def verifier_key(self) -> str:
        """The log's public key as one line."""

    def leaves(self) -> Iterator[bytes]:
        """Yield the bytes of each leaf in order."""

    def facts(self) -> Iterator[bytes]:
        """Yield the facts of each leaf in order."""

    def tokens(self) -> Iterator[tuple[int, bytes]]:
        """Yield the time tokens by the size of the checkpoint that each is over, the smallest first."""

    def content(self, position: int) -> HeldContent | None:
        """Return the content of an entry, or None where there is none or it was erased."""

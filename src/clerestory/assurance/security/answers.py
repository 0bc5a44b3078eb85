"""Which answers of a language model count as tries: one that says the same each time was tried once."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Prompt = TypeVar("Prompt", bound=Hashable)


def counted(answers: Mapping[Prompt, Sequence[str]]) -> Mapping[Prompt, tuple[str, ...]]:
    """Return per prompt the answers that count: all of them, or one where a model gave the same each time.

    A model without chance, or an endpoint that ignores seeds, would otherwise make many tries of one.
    """
    return {prompt: tuple(said) if len(set(said)) > 1 else tuple(said[:1]) for prompt, said in answers.items()}

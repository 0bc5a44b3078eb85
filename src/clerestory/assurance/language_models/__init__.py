"""What a language model does: attacked, asked for harm, asked for facts, and given the tasks that it is for."""

from clerestory.assurance.language_models import (
    groundedness,
    indirect_injection,
    jailbreak,
    prompt_injection,
    red_team,
    refusal,
    retrieval_poisoning,
    system_prompt_leak,
    task_evaluation,
)

__all__ = [
    "groundedness",
    "indirect_injection",
    "jailbreak",
    "prompt_injection",
    "red_team",
    "refusal",
    "retrieval_poisoning",
    "system_prompt_leak",
    "task_evaluation",
]

"""The form in which OpenAI-compatible endpoints take a conversation and give an answer; entries get the messages alone.

Nothing is streamed. What has another form is no answer, never half of one.
"""

import json
from collections.abc import Mapping, Sequence

from clerestory.assurance.trial import Call, Message, Reply, Tool, Unanswered

LONGEST_TEXT = 1024 * 1024
BLOCKED = "I cannot answer this: the request was blocked by a content filter."
"""What stands for the answer where a filter before or behind the model answered instead of it."""
_REMEDY = "Check that the endpoint answers as /chat/completions does, without streaming."


def address(url: str) -> str:
    """Return the address of the chat completions below the url of an endpoint, or the url where it names them."""
    base = url.rstrip("/")
    return base if base.endswith("/chat/completions") else f"{base}/chat/completions"


def messages_document(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Write a conversation as a list of role and content."""
    return [
        {"role": message.role, "content": message.text} | ({"name": message.name} if message.name else {})
        for message in messages
    ]


def tools_document(tools: Sequence[Tool]) -> list[dict[str, object]]:
    """Write the tools that a model is offered; every argument is a text."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.about,
                "parameters": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string", "description": about} for name, about in tool.parameters.items()
                    },
                },
            },
        }
        for tool in tools
    ]


def reply_of(document: object) -> Reply:
    """Read the answer of an endpoint; raise `Unanswered` when it has another form."""
    choices = document.get("choices") if isinstance(document, Mapping) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise Unanswered("The endpoint's answer has no choices with a message.", _REMEDY)
    if choice.get("finish_reason") == "content_filter":
        return Reply(BLOCKED)
    text, calls = _text(message.get("content")), _calls(message.get("tool_calls"))
    if text is None and not calls:
        text = message.get("refusal") if isinstance(message.get("refusal"), str) else None
    if text is None and not calls:
        raise Unanswered("The endpoint's answer has a message without a text.", _REMEDY)
    return Reply(_short_enough(text or ""), calls)


def entry_reply(answer: object) -> Reply:
    """Read what an entry returned: a text, or a table with text and calls; raise `Unanswered` otherwise."""
    if isinstance(answer, str):
        return Reply(_short_enough(answer))
    if isinstance(answer, Mapping) and isinstance(answer.get("text", ""), str):
        calls = answer.get("calls", [])
        if isinstance(calls, list) and all(isinstance(call, Mapping) and "tool" in call for call in calls):
            asked = tuple(Call(str(call["tool"]), _arguments(call.get("arguments", {}))) for call in calls)
            return Reply(_short_enough(str(answer.get("text", ""))), asked)
    raise Unanswered("The entry returned neither a text nor a table with text.", "Return a text, as of a chat.")


def is_blocked(status: int, said: str) -> bool:
    """Return whether a refused request was refused by a content filter: that is how such a system refuses."""
    return status in (400, 403) and any(
        sign in said.lower() for sign in ("content_filter", "content filter", "moderat")
    )


def _text(content: object) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str)) if parts else None
    return None


def _calls(items: object) -> tuple[Call, ...]:
    found = []
    for item in items if isinstance(items, list) else []:
        function = item.get("function") if isinstance(item, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            raise Unanswered("The endpoint asked for a tool without naming it.", _REMEDY)
        found.append(Call(str(function["name"]), _arguments(function.get("arguments") or "{}")))
    return tuple(found)


def _arguments(given: object) -> Mapping[str, str]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise Unanswered("The arguments of a tool are no JSON.", _REMEDY) from error
    if not isinstance(given, Mapping):
        raise Unanswered("The arguments of a tool are no table.", _REMEDY)
    return {str(name): item if isinstance(item, str) else json.dumps(item) for name, item in given.items()}


def _short_enough(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Unanswered("The model answered with more than a million characters.", "Limit its answers: max_tokens.")
    return text

"""Asks the language model under test, or the judge, and says which ones they were."""

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from clerestory.assurance.trial import Chat, Message, Reply, Unanswered
from clerestory.intake.asking.endpoint import Endpoint, RequestRefused
from clerestory.intake.asking.entry import Entry, EntryUnusable
from clerestory.intake.asking.key import bearer
from clerestory.intake.language_model import wire
from clerestory.intake.manifest import Manifest
from clerestory.intake.manifest.language_model import LanguageModelTable
from clerestory.terms.error import ClerestoryError

SILENT_AFTER = 5
"""So many moves in a row without an answer end a trial: the rest would only wait for time-outs."""
LARGEST_PROMPT = 1024 * 1024
_TOO_MUCH = (400, 413, 422)
"""How endpoints refuse one conversation, such as one that is too long."""
Wait = Callable[[float], None]


class LanguageModelUnusable(ClerestoryError):
    """The language model or its prompt cannot be used, or it does not answer at all."""


class _Way(Protocol):
    """How one model is reached."""

    @property
    def name(self) -> str: ...

    def ask(self, chat: Chat, messages: tuple[Message, ...]) -> Reply: ...


class ByEndpoint:
    """An OpenAI-compatible endpoint."""

    def __init__(self, table: LanguageModelTable, *, wait: Wait = time.sleep) -> None:
        self._table, self._with_seed, self._wait = table, True, wait
        self._endpoints: dict[bool, Endpoint] = {}
        parts = urlsplit(table.url or "")
        self.name = f"{table.model} at {parts.scheme}://{parts.netloc}{parts.path}"

    def ask(self, chat: Chat, messages: tuple[Message, ...]) -> Reply:
        """Return the answer; what a content filter refused is answered by `wire.BLOCKED`."""
        try:
            return wire.reply_of(self._reached(once=chat.once).ask(self._document(chat, messages)))
        except RequestRefused as refused:
            if wire.is_blocked(refused.status, refused.said):
                return Reply(wire.BLOCKED)
            if self._with_seed and refused.status in _TOO_MUCH and "seed" in refused.said.lower():
                self._with_seed = False
                return self.ask(chat, messages)
            if refused.status in _TOO_MUCH:
                raise Unanswered(refused.problem, "Check the limits of the endpoint.") from refused
            raise

    def _reached(self, *, once: bool) -> Endpoint:
        """Return the endpoint; its key is read with the first question, so that other checks run without it."""
        if once not in self._endpoints:
            self._endpoints[once] = Endpoint(
                wire.address(self._table.url or ""),
                bearer(self._table.key_env),
                timeout_s=self._table.timeout_s,
                retries=0 if once else self._table.retries,
                per_minute=None if once else self._table.requests_per_minute,
                wait=self._wait,
            )
        return self._endpoints[once]

    def _document(self, chat: Chat, messages: tuple[Message, ...]) -> Mapping[str, object]:
        table = self._table
        given: dict[str, object] = {
            "model": table.model,
            "messages": wire.messages_document(messages),
            "stream": False,
            "temperature": table.temperature,
            "max_tokens": table.max_tokens,
            "seed": chat.seed if self._with_seed else None,
            "tools": wire.tools_document(chat.tools) or None,
        }
        return {key: value for key, value in given.items() if value is not None}


class ByEntry:
    """A Python function beside the manifest, in a process of its own; it takes the messages and returns a text."""

    def __init__(self, table: LanguageModelTable, folder: Path) -> None:
        entry = table.entry or ""
        self._entry = Entry(folder, entry, timeout_s=table.timeout_s)
        file = folder / (entry.partition(":")[0].replace(".", "/") + ".py")
        self.name = f"{entry} {_digest(file.read_bytes())}" if file.is_file() else entry

    def ask(self, chat: Chat, messages: tuple[Message, ...]) -> Reply:
        """Return the answer."""
        del chat  # an entry is given messages alone: nothing says that it knows tools or seeds
        return wire.entry_reply(self._entry.ask(wire.messages_document(messages)))


class Chatting:
    """Answers `Chat` moves. ``notes`` say which model, prompt and judge answer."""

    def __init__(self, table: LanguageModelTable, folder: Path, *, wait: Wait = time.sleep) -> None:
        self.notes: dict[str, str] = {}
        self._silent = 0
        self._ways: dict[str, tuple[_Way, str]] = {}
        for who, said, one in (("model", "language model", table), ("judge", "judge", table.judge)):
            if one is None:
                continue
            way: _Way = ByEntry(one, folder) if one.entry else ByEndpoint(one, wait=wait)
            prompt = _prompt(one, folder)
            self._ways[who] = (way, prompt)
            self.notes[said] = way.name
            if one.system_prompt:
                self.notes[f"prompt of the {said}"] = f"{one.system_prompt} {_digest(prompt.encode())}"

    def __call__(self, chat: Chat) -> Reply:
        """Return the answer to a conversation.

        Raises:
            Unanswered: this conversation got no answer.
            LanguageModelUnusable: there is no judge, or several conversations in a row got none.
            EndpointUnusable: the endpoint refuses for good, such as a wrong key.
        """
        if chat.who not in self._ways:
            raise LanguageModelUnusable(
                f"The check asks a {chat.who}, and there is none.", "Name it in [language_model.judge] of the manifest."
            )
        way, prompt = self._ways[chat.who]
        try:
            reply = way.ask(chat, _with_prompt(prompt, chat.messages))
        except Unanswered as error:
            self._silent += not chat.once
            if self._silent >= SILENT_AFTER and not chat.once:
                raise LanguageModelUnusable(
                    f"{self._silent} questions in a row got no answer: {error.problem}", error.remedy
                ) from error
            raise
        self._silent = 0
        return reply


def open_chatting(manifest: Manifest) -> Chatting | None:
    """Return how the manifest's language model is asked, or None where it names none.

    Raises:
        LanguageModelUnusable: naming the place, when prompt or entry cannot be used.
    """
    table = manifest.language_model
    if table is None:
        return None
    try:
        return Chatting(table, manifest.folder)
    except (EntryUnusable, LanguageModelUnusable) as error:
        raise LanguageModelUnusable(
            f"{manifest.place.of('language_model')}: [language_model] {error.problem}", error.remedy
        ) from error


def _with_prompt(prompt: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Put the system's own prompt before what a check adds to it: one system message, as most models take no two."""
    own = [message.text for message in messages if message.role == "system"]
    whole = "\n\n".join(part for part in (prompt, *own) if part)
    rest = tuple(message for message in messages if message.role != "system")
    return (Message("system", whole), *rest) if whole else rest


def _prompt(table: LanguageModelTable, folder: Path) -> str:
    if table.system_prompt is None:
        return ""
    file = folder / table.system_prompt
    if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
        raise LanguageModelUnusable(
            f"system_prompt is {table.system_prompt!r}, and there is no such file below the manifest's folder.",
            "Correct the path.",
        )
    try:
        body = file.read_bytes()
        if len(body) <= LARGEST_PROMPT:
            return body.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        pass
    raise LanguageModelUnusable(f"{table.system_prompt} is no text of at most 1 MiB.", "Write the prompt as UTF-8.")


def _digest(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()

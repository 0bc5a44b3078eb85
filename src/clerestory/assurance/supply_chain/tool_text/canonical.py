"""One way to write a JSON value, so that equal ones have equal digests."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_ABOUT = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")


def digest_of(value: object) -> str:
    """Return the SHA-256 of a JSON value: keys sorted, no space, UTF-8, as RFC 8785 writes objects of text."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def tool_digest(tool: Mapping[str, Any]) -> str:
    """Return the digest of all that a language model is told of a tool."""
    return digest_of({key: tool[key] for key in _ABOUT if key in tool})


def server_digest(entry: Mapping[str, Any]) -> str:
    """Return the digest of how a server is started or reached; of its environment and headers only the names."""
    told = {key: sorted(value) if key in ("env", "headers") and isinstance(value, Mapping) else value
            for key, value in entry.items()}  # fmt: skip
    return digest_of(told)

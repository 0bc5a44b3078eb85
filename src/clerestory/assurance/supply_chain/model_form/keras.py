"""Keras models: layers that carry code of their own, in an archive's configuration or in an HDF5 file."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from clerestory.assurance.supply_chain.model_form.found import Found

HDF5 = b"\x89HDF\r\n\x1a\n"
_CODE = {"Lambda", "__lambda__", "TFSMLayer", "TFOpLambda", "SlicingOpLambda"}
_LAYER = re.compile(rb'"class_name"\s*:\s*"(Lambda|__lambda__|TFSMLayer|TFOpLambda|SlicingOpLambda)"')
_CONFIGURED = re.compile(rb'"class_name"\s*:\s*"')
_HOMES = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "builtins")


def read_archive(parts: Mapping[str, bytes], found: Found) -> None:
    """Find code in the ``config.json`` of a ``.keras`` archive."""
    try:
        config = json.loads(parts["config.json"])
    except (ValueError, RecursionError):
        found.unread.append("has a configuration that is no JSON")
        return
    for node in _objects(config):
        name, home = node.get("class_name"), node.get("module")
        if name in _CODE:
            found.unsafe.append(f"a layer {name} carries code")
        elif isinstance(home, str) and not any(home == root or home.startswith(f"{root}.") for root in _HOMES):
            found.unsafe.append(f"its configuration imports {home}.{name}")
        elif home == "builtins" and name not in ("int", "float", "str", "bool", "list", "tuple", "dict", "slice"):
            found.unsafe.append(f"its configuration imports builtins.{name}")


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            if "class_name" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def read_hdf5(body: bytes) -> Found:
    """Find layers with code in an HDF5 file: the configuration is an attribute, which lies there uncompressed."""
    found = Found("HDF5")
    found.unsafe.extend(f"a layer {name.decode()} carries code" for name in sorted(set(_LAYER.findall(body))))
    if b"model_config" in body and not _CONFIGURED.search(body):
        found.unread.append("has a configuration that cannot be read")
    return found

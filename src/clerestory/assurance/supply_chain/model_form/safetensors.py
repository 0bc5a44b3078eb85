"""Header of a safetensors file: it must agree with the bytes behind it, or different loaders see different models."""

import json
from collections.abc import Mapping

from clerestory.assurance.supply_chain.model_form.found import Found

LARGEST_HEADER = 100_000_000
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16,
         "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
         "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}  # fmt: skip


def is_safetensors(body: bytes) -> bool:
    """Tell whether a body begins as one: eight bytes of length, then a JSON object."""
    return len(body) >= 9 and body[8:9] == b"{"


def read(body: bytes) -> Found:
    """Compare each tensor's type, shape and place with the others and with the size of the file."""
    found = Found("safetensors")
    length = int.from_bytes(body[:8], "little")
    if length > LARGEST_HEADER or 8 + length > len(body):
        found.unsafe.append(f"its header claims {length} bytes")
        return found
    try:
        header = json.loads(body[8 : 8 + length].decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        found.unsafe.append(f"its header is no JSON or names a tensor twice ({error})")
        return found
    places = []
    for name, tensor in header.items():
        if name == "__metadata__":
            if not isinstance(tensor, Mapping) or not all(isinstance(item, str) for item in tensor.values()):
                found.unsafe.append("its metadata is not text")
            continue
        place = _place(tensor)
        if place is None:
            found.unsafe.append(f"tensor {name!r} has a type, shape and place that do not agree")
        else:
            places.append(place)
    _covered(sorted(places), len(body) - 8 - length, found)
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _place(tensor: object) -> tuple[int, int] | None:
    if not isinstance(tensor, Mapping) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        return None
    bits, shape, place = _BITS.get(str(tensor["dtype"])), tensor["shape"], tensor["data_offsets"]
    if bits is None or not _counts(shape) or not _counts(place) or len(place) != 2:
        return None
    size = bits
    for extent in shape:
        size *= extent
    return (place[0], place[1]) if size % 8 == 0 and place[1] - place[0] == size // 8 else None


def _counts(items: object) -> bool:
    return isinstance(items, list) and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in items)


def _covered(places: list[tuple[int, int]], size: int, found: Found) -> None:
    """Each byte behind the header belongs to exactly one tensor: a hole can hide another file."""
    end = 0
    for start, stop in places:
        if start != end:
            found.unsafe.append("its tensors overlap or leave a hole")
            return
        end = stop
    if end != size:
        found.unsafe.append(f"{size} bytes follow the header, of which tensors use {end}")

"""The API's OpenAPI document, in which each name is one shape, and the page that explains it without any script.

Django Ninja names a shape by its class alone, so that the last of two of one name would describe both. Here each comes
with its whole name; the short one is given where all of that name are alike, else the register stands before it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.schema import NinjaGenerateJsonSchema
from pydantic.json_schema import CoreModeRef, DefsRef, JsonSchemaMode

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API."""

    method: str
    path: str
    title: str
    description: str
    parameters: Sequence[Mapping[str, object]]
    body: str
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The calls of one part of the product."""

    title: str
    operations: Sequence[Operation]


class Reference(DocsBase):
    """Renders the chapters of an API in the frame of the product."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **_path: object) -> HttpResponse:
        """Return the page."""
        schema = api.get_openapi_schema()
        return render(
            request,
            "web/api.html",
            {"api": api, "chapters": chapters(schema), "address": request.build_absolute_uri("/api/v1/")},
        )


def chapters(schema: OpenAPISchema) -> list[Chapter]:
    """Read an OpenAPI document into chapters by tag."""
    found: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "general")
                found.setdefault(tag, []).append(_operation(method, path, item[method]))
    return [Chapter(title, operations) for title, operations in sorted(found.items())]


def _operation(method: str, path: str, said: dict[str, Any]) -> Operation:
    answers = [(str(code), _schema_name(answer)) for code, answer in said["responses"].items()]
    return Operation(
        method.upper(),
        path,
        said.get("summary", ""),
        said.get("description", ""),
        said.get("parameters", []),
        _schema_name(said.get("requestBody", {})),
        answers,
    )


def _schema_name(part: dict[str, Any]) -> str:
    """Return the name of the schema that a body or an answer has, or nothing."""
    for media in part.get("content", {}).values():
        schema = media.get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        return str(reference).rpartition("/")[2] or str(schema.get("title", schema.get("type", "")))
    return ""


_REF = REF_TEMPLATE.format(model="")
_WHOLE = re.compile(r"(?P<place>(?:\w+?__)*)(?P<short>.+)-(?P<mode>Input|Output)(?:__\d+)?")


class _WholeNames(NinjaGenerateJsonSchema):
    """Names each definition by its module, class and mode, never by its class alone."""

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        """Return the key of a definition, whose choices leave out the short ones."""
        key = super().get_defs_ref(core_mode_ref)
        self._prioritized_defsref_choices[key] = self._prioritized_defsref_choices[key][3:]
        return key


class Shapes(OpenAPISchema):
    """The document of an API, whose names of shapes are made unambiguous once all are known."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        super().__init__(api, path_prefix)
        schemas = self.schemas
        names = _names(schemas)
        self["components"]["schemas"] = {names[whole]: _renamed(shape, names) for whole, shape in schemas.items()}
        self["paths"] = _renamed(self["paths"], names)

    def _create_schema_from_model(
        self, model: Any, by_alias: bool = True, remove_level: bool = True, mode: JsonSchemaMode = "validation"
    ) -> tuple[dict[str, Any], bool]:
        if hasattr(model, "__ninja_flatten_map__"):
            schema = self._flatten_schema(model)
        else:
            schema = model.model_json_schema(
                ref_template=REF_TEMPLATE, by_alias=by_alias, schema_generator=_WholeNames, mode=mode
            ).copy()
        self.add_schema_definitions(schema.pop("$defs", {}))
        if remove_level and len(schema["properties"]) == 1:
            ((name, details),) = schema["properties"].items()
            return details, name in schema.get("required", {})
        return schema, True


class ShapedAPI(NinjaAPI):
    """An API whose document says of every answer and every body what it really is."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the document."""
        return Shapes(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


def _names(schemas: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of each shape by its whole one: short where it is alone or all are alike."""
    alike: dict[str, dict[str, list[str]]] = {}
    for whole in schemas:
        alike.setdefault(_parts(whole)[1], {}).setdefault(_looks(whole, schemas, ()), []).append(whole)
    names: dict[str, str] = {}
    for short, looks in alike.items():
        given: set[str] = set()
        for wholes in looks.values():
            name = short if len(looks) == 1 else next(one for one in _longer(wholes[0]) if one not in given)
            given.add(name)
            names |= dict.fromkeys(wholes, name)
    return names


def _longer(whole: str) -> Iterator[str]:
    """Yield names for a shape that shares its short one with others: with its register, its mode, its modules."""
    place, short, mode = _parts(whole)
    modules = [part for part in place.split("__") if part and part not in ("clerestory", "registers")]
    area = _title(modules[0]) if modules else ""
    yield f"{area}{short}"
    for depth in range(2, len(modules) + 1):
        yield "".join(map(_title, (*modules[:1], *modules[len(modules) + 1 - depth :]))) + short
    yield f"{area}{short}{mode}"
    yield whole


def _title(module: str) -> str:
    return "".join(part.title() for part in module.split("_"))


def _parts(whole: str) -> tuple[str, str, str]:
    """Return the modules, the class and the mode of a whole name."""
    found = _WHOLE.fullmatch(whole)
    return ("", whole, "") if found is None else (found["place"], found["short"], found["mode"])


def _looks(whole: str, schemas: Mapping[str, Any], above: tuple[str, ...]) -> str:
    """Return what a shape looks like, with the shapes in it, without what is only said about it."""
    if whole in above or whole not in schemas:
        return _parts(whole)[1]
    return json.dumps(_bare(schemas[whole], schemas, (*above, whole)), sort_keys=True, default=str)


def _bare(shape: Any, schemas: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    if isinstance(shape, list):
        return [_bare(each, schemas, above) for each in shape]
    if not isinstance(shape, dict):
        return shape
    if isinstance(ref := shape.get("$ref"), str):
        return _looks(ref.removeprefix(_REF), schemas, above)
    return {name: _bare(each, schemas, above) for name, each in shape.items() if not _is_said(name, each)}


def _is_said(name: str, value: object) -> bool:
    return name == "description" and isinstance(value, str)


def _renamed(shape: Any, names: Mapping[str, str]) -> Any:
    if isinstance(shape, list):
        return [_renamed(each, names) for each in shape]
    if not isinstance(shape, dict):
        return shape
    made = {name: _renamed(each, names) for name, each in shape.items()}
    if isinstance(ref := shape.get("$ref"), str):
        made["$ref"] = _REF + names.get(ref.removeprefix(_REF), ref.removeprefix(_REF))
    return made

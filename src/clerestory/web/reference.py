"""The page that explains the API: written by the server from its OpenAPI document, so that it needs no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

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

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: object) -> HttpResponse:
        """Return the page."""
        schema = api.get_openapi_schema()
        return render(request, "web/api.html", {"api": api, "chapters": chapters(schema), "address": request.build_absolute_uri("/api/v1/")})


def chapters(schema: Mapping[str, Mapping[str, Mapping[str, Mapping[str, object]]]]) -> list[Chapter]:
    """Read an OpenAPI document into chapters by tag."""
    found: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                tags = operation.get("tags") or ["general"]
                assert isinstance(tags, list)
                found.setdefault(str(tags[0]), []).append(_operation(method, path, operation))
    return [Chapter(title, operations) for title, operations in sorted(found.items())]


def _operation(method: str, path: str, said: Mapping[str, object]) -> Operation:
    answers = said.get("responses")
    assert isinstance(answers, Mapping)
    parameters = said.get("parameters", [])
    assert isinstance(parameters, list)
    return Operation(method.upper(), path, str(said.get("summary", "")), str(said.get("description", "")), parameters,
                     _schema_name(said.get("requestBody")),
                     [(str(code), _schema_name(answer)) for code, answer in answers.items()])


def _schema_name(part: object) -> str:
    """Return the name of the schema that a body or an answer has, or nothing."""
    if not isinstance(part, Mapping):
        return ""
    for media in (part.get("content") or {}).values():
        schema = media.get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        return str(reference).rpartition("/")[2] or str(schema.get("title", schema.get("type", "")))
    return ""

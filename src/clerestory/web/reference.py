"""The page that explains the API: written by the server from its OpenAPI document, so that it needs no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema

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

"""The contract of the webhooks as an OpenAPI 3.1 document, and as tables of fields: both made from the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.domain.webhook_events import ACCEPTED, ENVELOPE, SCHEMAS, Schema
from app.domain.webhook_outgoing import ANSWERED_BY, OUTGOING, VERSION
from app.domain.webhook_samples import INCOMING_SAMPLES, OUTGOING_SAMPLES, envelope

FORMATS = {"moment": "date-time"}
"""Our own names of formats, as others call them; the rest are kept as annotations."""
HEADERS: dict[str, Schema] = {
    "webhook-id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
    "webhook-timestamp": {"type": "string", "pattern": "^[0-9]{1,12}$"},
    "webhook-signature": {"type": "string", "minLength": 1},
}
ABOUT = {
    "webhook-id": "The same as `id` in the body; stands for one body, for good.",
    "webhook-timestamp": "When it was posted, in whole seconds since 1970.",
    "webhook-signature": (
        "`v1,` and the Base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body`; several apart by blanks."
    ),
}
REFUSALS = {
    "400": ("against the schema; names every field and the rule it breaks", {"error": {"const": "schema"}}),
    "401": (
        "not to be trusted; the code says which part",
        {"error": {"const": "signature"}, "code": {"type": "string"}},
    ),
    "403": ("an event of another source", {"error": {"const": "type_not_allowed"}}),
    "409": ("the id was used with another body", {"error": {"const": "same_id_other_body"}}),
    "413": ("the body is too large", {"error": {"const": "too_large"}, "limit_bytes": {"type": "integer"}}),
    "429": ("too many events in a minute; see Retry-After", {"error": {"const": "webhooks"}}),
}
FIELDS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["field", "code"],
        "properties": {"field": {"type": "string"}, "code": {"type": "string"}},
    },
}


def document(site: str) -> dict[str, Any]:
    """OpenAPI 3.1: where integrators post, what we post to them (webhooks), and what we expect back (callbacks)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Changing settlement accounts: webhooks",
            "version": f"{VERSION}",
            "description": f"Signed after Standard Webhooks 1.0.0. To be read at {site}/docs/webhooks",
        },
        "servers": [{"url": site}],
        "paths": {f"/hooks/{source}": {"post": _door(source, kinds)} for source, kinds in ACCEPTED.items()},
        "webhooks": {kind: {"post": _told(kind, site)} for kind in OUTGOING},
        "components": {"schemas": {**_schemas_in(), **_schemas_out()}},
    }


def published(schema: Any) -> Any:
    """A schema as other tools understand it: our formats renamed, patterns in the dialect of ECMA 262."""
    if isinstance(schema, list):
        return [published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: published(value) for key, value in schema.items()}
    if isinstance(made.get("pattern"), str):
        made["pattern"] = made["pattern"].removesuffix("\\Z") + "$" * schema["pattern"].endswith("\\Z")
    if isinstance(made.get("format"), str):
        made["format"] = FORMATS.get(made["format"], made["format"])
    return made


def _door(source: str, kinds: frozenset[str]) -> dict[str, Any]:
    content = {"schema": {"oneOf": [{"$ref": _reference(kind)} for kind in sorted(kinds)]}}
    samples = {kind: {"value": envelope(kind, INCOMING_SAMPLES[kind])} for kind in sorted(kinds)}
    return {
        "operationId": f"post_{source}",
        "summary": f"Events of the {source}",
        "parameters": _headers(),
        "requestBody": {"required": True, "content": {"application/json": {**content, "examples": samples}}},
        "responses": {**_taken(), **{status: _refusal(status) for status in REFUSALS}},
    }


def _headers() -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": True, "description": ABOUT[name], "schema": schema}
        for name, schema in HEADERS.items()
    ]


def _taken() -> dict[str, Any]:
    return {
        "202": _answer("stored; the worker applies it", {"status": {"const": "stored"}}),
        "200": _answer("the same id and body were stored before", {"status": {"const": "known"}}),
    }


def _refusal(status: str) -> dict[str, Any]:
    words, fields = REFUSALS[status]
    return _answer(words, {**fields, "fields": FIELDS} if status == "400" else fields)


def _answer(words: str, fields: dict[str, Schema]) -> dict[str, Any]:
    schema = {"type": "object", "required": list(fields), "properties": fields}
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _told(kind: str, site: str) -> dict[str, Any]:
    sample = envelope(kind, OUTGOING_SAMPLES[kind], version=VERSION)
    operation: dict[str, Any] = {
        "operationId": f"on_{kind.replace('.', '_')}",
        "summary": kind,
        "parameters": _headers(),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _reference(kind)}, "example": sample}},
        },
        "responses": {
            "2XX": {"description": "taken, answered within 10 s"},
            "410": {"description": "gone: nothing more is sent"},
            "default": {"description": "tried again later; Retry-After is honoured"},
        },
    }
    if kind in ANSWERED_BY:
        source, answer = ANSWERED_BY[kind]
        operation["callbacks"] = {answer: {f"{site}/hooks/{source}": {"post": _callback(source, answer)}}}
    return operation


def _callback(source: str, kind: str) -> dict[str, Any]:
    return {
        "summary": f"The answer, to be posted to /hooks/{source}",
        "parameters": _headers(),
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": _reference(kind)}}}},
        "responses": _taken(),
    }


def _reference(kind: str) -> str:
    return f"#/components/schemas/{kind}"


def _schemas_in() -> dict[str, Schema]:
    return {kind: _whole(kind, schema, {}) for kind, schema in SCHEMAS.items()}


def _schemas_out() -> dict[str, Schema]:
    return {kind: _whole(kind, schema, {"version": {"const": VERSION}}) for kind, schema in OUTGOING.items()}


def _whole(kind: str, data: Schema, more: dict[str, Schema]) -> Schema:
    properties = {**ENVELOPE["properties"], **more, "type": {"const": kind}, "data": data}
    made: Schema = published({"type": "object", "required": [*ENVELOPE["required"], *more], "properties": properties})
    return made


# -- tables of fields -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One line of a table: `place` as `cards[].tail`, and what may stand there."""

    place: str
    kind: str
    is_required: bool


def fields_of(schema: Schema, place: str = "") -> Iterator[Field]:
    """Every field of an object's schema, those of objects and lists inside it too."""
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        path = f"{place}.{name}" if place else name
        yield Field(path, _kind(inner), name in required)
        yield from fields_of(inner, path)
        yield from fields_of(inner.get("items", {}), f"{path}[]")


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type", "any")]
    shown = " | ".join(str(kind) for kind in kinds)
    hints = [FORMATS.get(schema["format"], schema["format"])] if "format" in schema else []
    hints += [schema["pattern"].replace("\\Z", "$")] if "pattern" in schema else []
    return f"{shown}, {hints[0]}" if hints else shown

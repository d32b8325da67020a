"""What /openapi.json says of bodies and errors, which the handlers read and raise by themselves."""

from typing import Any, Final

from pydantic import BaseModel

from unseen.http.errors import RETRY_AFTER_S
from unseen.http.shapes import ErrorOut

_SAID: Final = {
    400: "The request cannot be read, or a value is out of range.",
    401: "No token, or one that is not in force.",
    403: "The token lacks the scope that this route asks for.",
    404: "There is no such thing, or it is not yours to see.",
    408: "The body did not arrive in time.",
    409: "It contradicts what is already there.",
    413: "The body is larger than this node takes.",
    415: "This route does not read a body of this type.",
    422: "The values do not have the documented form, or cannot be taken; the message says which and why.",
    429: "You have as many long uploads under way as this node takes of one client, or tried too many PINs.",
    503: "The node cannot do it now: the index loads, the queue is full, or the store does not answer. "
    "Nothing was half-done. It never means `allow`.",
    507: "The disk is full; nothing was changed.",
}
_BODY: Final = (400, 408, 413, 415, 422)
_WRITES: Final = (507,)


def errors(*statuses: int, body: bool = False, writes: bool = False) -> dict[int | str, dict[str, Any]]:
    """The documented errors of a route behind the door: those named, those of every route, of a body, of a write."""
    named = {401, 403, 422, 503, *statuses, *(_BODY if body else ()), *(_WRITES if writes else ())}
    return {status: _error(status) for status in sorted(named)}


def reads(content: dict[str, dict[str, Any]], said: str) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads its body itself; ``content`` by media type."""
    return {"requestBody": {"required": True, "description": said, "content": content}}


def reads_json(shape: type[BaseModel], example: dict[str, Any], said: str) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads ``shape`` as JSON."""
    return reads({"application/json": json_content(shape, example)}, said)


def json_content(shape: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """One media type's description: ``shape`` with its parts written out, and an example of it."""
    schema = shape.model_json_schema()
    parts = schema.pop("$defs", {})
    return {"schema": _written_out(schema, parts), "example": example}


def _error(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {"model": ErrorOut, "description": _SAID[status]}
    if status in (429, 503, 507):
        said["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before sending it again.",
                "schema": {"type": "integer", "example": RETRY_AFTER_S},
            }
        }
    elif status in (401, 403):
        said["headers"] = {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}}
    return said


def _written_out(schema: Any, parts: dict[str, Any]) -> Any:  # noqa: ANN401  (JSON: any of its types)
    """``schema`` with every reference to ``parts`` replaced; none of ours refers to itself."""
    if isinstance(schema, list):
        return [_written_out(part, parts) for part in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {name: _written_out(part, parts) for name, part in schema.items() if name != "$ref"}
    if "$ref" not in schema:
        return rest
    return _written_out(parts[schema["$ref"].rpartition("/")[2]], parts) | rest

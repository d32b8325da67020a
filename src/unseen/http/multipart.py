"""A form with one picture in it, read in memory.  Starlette's own form reader would spool it to disk."""

from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from unseen.base import BadRequest

_MAX_PLACE_BYTES: Final = 4096
#: What the form may add to the picture: boundaries, part headers, the place.
FORM_OVERHEAD_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureForm:
    """What a form said.  The file's name and type are not kept: nobody needs them."""

    file: bytes
    place: str | None


@dataclass(slots=True)
class _Reading:
    """Callbacks of the parser; parts are gathered by the name in their Content-Disposition."""

    parts: dict[str, list[bytes]] = field(default_factory=dict)
    header: bytes = b""
    value: bytes = b""
    current: list[bytes] | None = None
    is_whole: bool = False

    def part_begin(self) -> None:
        self.current = None

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            name = parse_options_header(self.value)[1].get(b"name", b"").decode("utf-8", "replace")
            if name not in ("file", "place"):
                raise BadRequest("The form has a part that is neither file nor place.")
            if name in self.parts:
                raise BadRequest(f"The form has more than one part named {name}.")
            self.current = self.parts[name] = []
        self.header = self.value = b""

    def headers_finished(self) -> None:
        if self.current is None:
            raise BadRequest("A part of the form has no name.")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.current is not None:
            self.current.append(data[start:end])

    def end(self) -> None:
        self.is_whole = True


def parse_picture_form(body: bytes, content_type: str) -> PictureForm:
    """Read ``file`` and, where it is there, ``place``.

    Raises: BadRequest, saying what is wrong with the form.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadRequest("The form's Content-Type names no boundary.")
    reading = _Reading()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reading.part_begin,
                "on_header_field": reading.header_field,
                "on_header_value": reading.header_value,
                "on_header_end": reading.header_end,
                "on_headers_finished": reading.headers_finished,
                "on_part_data": reading.part_data,
                "on_end": reading.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise BadRequest("The form is not well-formed multipart/form-data.") from None
    if not reading.is_whole:
        raise BadRequest("The form ends before its last boundary.", hint="It was cut off on the way; send it again.")
    if "file" not in reading.parts:
        raise BadRequest("The form has no part named file.")
    return PictureForm(file=b"".join(reading.parts["file"]), place=_place(reading.parts.get("place", [])))


def _place(pieces: list[bytes]) -> str | None:
    said = b"".join(pieces)
    if len(said) > _MAX_PLACE_BYTES:
        raise BadRequest("The place is too long.")
    try:
        return said.decode() or None
    except UnicodeDecodeError:
        raise BadRequest("The place is not UTF-8 text.") from None

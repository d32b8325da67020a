"""What the offline kit saved on her device: her statements, and fingerprints; never a picture or a name."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from unseen.base import BadFingerprint, BadImport, NotFound
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.fingerprint.records import Fingerprint, Kind

_FORM: Final = 1
_MOST_BYTES: Final = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KitFile:
    """What is asked for in the file."""

    statements: Statements
    items: Sequence[Any]  #: not read before the statements are found good

    def pictures(self) -> Iterator[Sequence[Fingerprint]]:
        """The fingerprints of one picture after the other.  Raises: BadImport."""
        for number, item in enumerate(self.items, start=1):
            try:
                yield [_fingerprint(each) for each in item["fingerprints"]]
            except (BadFingerprint, KeyError, TypeError, ValueError):
                raise BadImport(
                    f"Item {number} of the kit's file cannot be read.", hint="Ask for the file again; nothing was kept."
                ) from None


def read_kit_file(path: Path) -> KitFile:
    """Read what the kit saved.  Raises: NotFound, BadImport."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(f"The kit's file cannot be opened: {error.strerror}.") from None
    try:
        said = json.loads(content if len(content) <= _MOST_BYTES else b"")
        if said["unseen"] != _FORM or not isinstance(said["items"], list):
            raise ValueError
        return KitFile(statements=_statements(said["statements"]), items=said["items"])
    except (KeyError, TypeError, ValueError):
        raise BadImport(
            "This is not a file that the kit saved.", hint="The kit is the page that `unseen kit` writes."
        ) from None


def _statements(said: Any) -> Statements:  # noqa: ANN401  (JSON: any of its types)
    if not isinstance(said["without_consent"], bool):
        raise ValueError("without_consent is true or false")
    return Statements(
        acting=Acting(said["acting"]),
        sharing=Sharing(said["sharing"]),
        without_consent=said["without_consent"],
        age=Age(said["age"]),
    )


def _fingerprint(said: Any) -> Fingerprint:  # noqa: ANN401  (JSON: any of its types)
    return Fingerprint.from_hex(Kind(said["kind"]), said["code"], said.get("quality"))

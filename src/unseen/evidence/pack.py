"""The files of a pack that are not items: the bag's lists, the signed manifest, what explains and checks them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Final

from unseen.base import BadPack
from unseen.evidence.canonical import Spelling
from unseen.evidence.contents import Contents, packed
from unseen.evidence.layout import (
    AUTHORITIES,
    CUSTODY,
    DIGESTS,
    MANIFEST,
    PAYLOAD,
    README,
    SIGNATURE,
    SIGNER,
    TAG_MANIFESTS,
    VERIFIER,
    part_path,
)
from unseen.evidence.records import Item, Manifest, PackedFile, Purpose, Tool
from unseen.evidence.signing import Signer, public_pem

MANIFEST_SPELLING: Final = Spelling(Manifest, "The manifest")
_INSIDE: Final = files("unseen.evidence") / "inside"


def payload_of(items: Sequence[Item], custody_log: bytes) -> tuple[PackedFile, ...]:
    """Every file under ``data/``, by path."""
    parts = [
        PackedFile(path=part_path(number, part.name), bytes=part.bytes, sha256=part.sha256, sha512=part.sha512)
        for number, item in enumerate(items, start=1)
        for part in item.parts
    ]
    return tuple(sorted([packed(CUSTODY, custody_log), *parts], key=lambda file: file.path))


def fixed_tags(
    payload: Sequence[PackedFile],
    *,
    purpose: Purpose,
    sealed_at: datetime,
    tool: Tool,
    signer: str,
    authorities: Mapping[str, bytes],
) -> dict[str, bytes]:
    """What stands beside the payload and is signed with it.  ``authorities``: certificates (PEM) by name."""
    size = sum(file.bytes for file in payload)
    info = {
        "Bag-Software-Agent": f"{tool.name} {tool.version}",
        "Bagging-Date": f"{sealed_at:%Y-%m-%d}",
        "External-Identifier": purpose.pack,
        "Payload-Oxum": f"{size}.{len(payload)}",
    }
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in info.items()).encode(),
        README: (_INSIDE / "README.txt").read_bytes(),
        VERIFIER: (_INSIDE / "verify.py").read_bytes(),
        SIGNER: public_pem(signer),
    }
    tags |= {f"manifest-{digest}.txt": digest_list(payload, digest) for digest in DIGESTS}
    return tags | {f"{AUTHORITIES}{name}.pem": pem for name, pem in authorities.items()}


def signed(manifest: Manifest, signer: Signer) -> dict[str, bytes]:
    """The manifest as it is written, and its signature."""
    text = MANIFEST_SPELLING.write(manifest)
    return {MANIFEST: text, SIGNATURE: signer.sign(text)}


def tag_manifests(tags: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bag's lists of everything beside the payload.  They are made from it and add nothing to it."""
    listed = [packed(path, content) for path, content in sorted(tags.items()) if path not in TAG_MANIFESTS]
    return {name: digest_list(listed, digest) for name, digest in zip(TAG_MANIFESTS, DIGESTS, strict=True)}


def digest_list(listed: Iterable[PackedFile], digest: str) -> bytes:
    """A manifest of BagIt (RFC 8493, 2.1.3): digest and path on a line."""
    return "".join(f"{getattr(file, digest)}  {file.path}\n" for file in listed).encode()


def require_bag(contents: Contents) -> None:
    """Return where the bag's own lists are exactly right.  Raises: BadPack, naming every file that is not."""
    payload, tags = [], []
    for path, file in sorted(contents.files.items()):
        if path.startswith(PAYLOAD):
            payload.append(file)
        elif path not in TAG_MANIFESTS:
            tags.append(file)
    wrong: list[str] = []
    for digest, tag_list in zip(DIGESTS, TAG_MANIFESTS, strict=True):
        for name, listed in ((f"manifest-{digest}.txt", payload), (tag_list, tags)):
            wrong += _differences(name, contents.kept.get(name), digest_list(listed, digest))
    if wrong:
        raise BadPack("; ".join(dict.fromkeys(wrong)) + ".")


def _differences(name: str, written: bytes | None, right: bytes) -> list[str]:
    """In what ``name`` says something else than the files."""
    if written is None:
        return [f"{name} is missing"]
    if written == right:
        return []
    listed, there = (_by_path(text) for text in (written, right))
    said = [f"{path} is not as {name} has it" for path in there if path in listed and listed[path] != there[path]]
    said += [f"{path} is missing" for path in listed if path not in there]
    said += [f"{path} is not in {name}" for path in there if path not in listed]
    return said or [f"{name} is written differently"]


def _by_path(text: bytes) -> dict[str, str]:
    lines = (line.partition("  ") for line in text.decode(errors="replace").splitlines())
    return {path: digest for digest, _, path in lines}

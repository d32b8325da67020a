"""The one place that builds the evidence's adapters, and tells what this machine is; no node is needed for it."""

import mimetypes
import platform
import re
import secrets
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from unseen import __version__
from unseen.base import BadRequest, Misconfigured, SystemClock
from unseen.clients import ChromiumPages, HttpAuthorities
from unseen.desk.ask_authorities import NamedAuthority, Outside
from unseen.desk.custody_log import Hand
from unseen.evidence.age import Identity, is_locked, unlock
from unseen.evidence.records import Authority, Environment, Tool
from unseen.evidence.signing import parse_signer
from unseen.evidence.timestamp import fingerprint_of, is_root, read_certificates
from unseen.evidence.verify import Trust
from unseen.vault import LocalFile, LocalWorkFolder, OpenedFolder, PackFile, folder_files
from unseen.vault.files import disk_errors, whole_file

__all__ = [
    "LocalFile",
    "LocalWorkFolder",
    "OpenedFolder",
    "PackFile",
    "folder_files",
    "hand_of",
    "keep_identity",
    "keep_private",
    "media_type_of",
    "outside",
    "page_browser",
    "read_authorities",
    "read_identity",
    "read_trust",
    "this_machine",
    "this_tool",
]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_SYNCHRONISED: Final = Path("/run/systemd/timesync/synchronized")
_SECURE_BOOT: Final = Path("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")
_HINT: Final = "docs/evidence.md shows what the file looks like."


def hand_of(operator: str | None) -> Hand:
    """Who does it, by this machine's clock.  Raises: BadRequest."""
    if not operator:
        raise BadRequest("Say who does this with --by, or once in UNSEEN_OPERATOR.", hint="A role will do: a friend.")
    return Hand(operator=operator, clock=SystemClock(), random_bits=secrets.randbits)


def outside() -> Outside:
    """Other people's servers."""
    authorities = HttpAuthorities()
    return Outside(timestamper=authorities, fetcher=authorities, clock=SystemClock())


def page_browser() -> ChromiumPages:
    """The Chromium of this machine, for public pages."""
    return ChromiumPages(clock=SystemClock())


def this_tool() -> Tool:
    """What things are done with."""
    return Tool(name="Unseen", version=__version__)


def this_machine() -> Environment:
    """The machine, without its name or its user's."""
    return Environment(
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        python=platform.python_version(),
        clock_synchronised=True if _SYNCHRONISED.exists() else None,
        secure_boot=_secure_boot(),
    )


def _secure_boot() -> bool | None:
    """What the firmware says (UEFI 2.10, 3.3): four bytes of attributes, then one that is 1 where it is on."""
    try:
        return _SECURE_BOOT.read_bytes()[4:] == b"\1"
    except OSError:
        return None


def media_type_of(path: Path) -> str:
    """By the file's name; whether it is text is told from its bytes."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def read_authorities(path: Path | None) -> tuple[NamedAuthority, ...]:
    """The authorities that a TOML file names; none without a file.  Raises: Misconfigured."""
    if path is None:
        return ()
    try:
        listed = tomllib.loads(path.read_text())["authority"]
        found = tuple(_authority(entry, path.parent) for entry in listed)
    except OSError as error:
        raise Misconfigured(f"{error.filename} cannot be read ({error.strerror}).", hint=_HINT) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise Misconfigured(f"{path} is no list of timestamp authorities.", hint=_HINT) from None
    if len({named.authority.name for named in found}) != len(found):
        raise Misconfigured(f"{path} gives two authorities the same name.")
    return found


def _authority(entry: dict[str, str], folder: Path) -> NamedAuthority:
    name, policy = entry["name"], entry.get("policy")
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"The authority's name {name!r} is not small letters, digits and hyphens.", hint=_HINT)
    roots = folder / entry["roots"]
    try:
        bundle = read_certificates(roots.read_bytes())
    except BadRequest as error:
        raise Misconfigured(f"{roots}: {error.what}", hint=_HINT) from None
    digests = tuple(fingerprint_of(certificate) for certificate in bundle if is_root(certificate))
    if not digests:
        raise Misconfigured(f"{roots} holds no root certificate.", hint="Get it from the authority's own pages.")
    authority = Authority(name=name, url=entry["url"], policy=policy, roots=digests)
    return NamedAuthority(authority=authority, bundle=bundle)


def keep_identity(pack: Path, identity: bytes) -> Path:
    """Put her identity, locked by her passphrase, beside the pack.  Raises: StorageFull, BadRequest."""
    path = _identity_beside(pack)
    if not path.exists():
        with disk_errors("The identity"), whole_file(path) as file:
            file.write(identity)
    return path


def keep_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all.  Raises: StorageFull, BadRequest."""
    with disk_errors("The file"), whole_file(path) as file:
        file.write(content)


def read_identity(pack: Path, given: Path | None, ask_passphrase: Callable[[], str]) -> Identity:
    """The identity that opens ``pack``: ``given``, or the one beside it.  Raises: BadRequest, WrongKey."""
    if not pack.is_file():  # first: who mistyped the pack's name does not look for a key
        raise BadRequest(f"There is no pack at {pack}.", hint="Look at its name, and where it is.")
    path = given or _identity_beside(pack)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadRequest(
            f"There is no identity at {path}.",
            hint="Name yours with --identity. Whose key is lost cannot open the pack; another recipient still can.",
        ) from None
    except OSError as error:
        raise BadRequest(f"The identity cannot be read ({error.strerror}).") from None
    if is_locked(content):
        content = unlock(content, ask_passphrase())
    return Identity.parse(content.decode(errors="replace"))


def read_trust(signer: str | None, roots: Iterable[Path]) -> Trust:
    """What whoever verifies brings along; ``signer``: digits, or the path of a PEM.  Raises: BadRequest."""
    try:
        if signer is not None and Path(signer).is_file():
            signer = Path(signer).read_text()
        certificates = tuple(c for path in roots for c in read_certificates(path.read_bytes()))
    except (OSError, UnicodeDecodeError):
        raise BadRequest("A key or a certificate that was named cannot be read.") from None
    key = None if signer is None else parse_signer(signer)
    return Trust(now=SystemClock().now(), signer=key, roots=certificates)


def _identity_beside(pack: Path) -> Path:
    name = pack.name.removesuffix(".age").removesuffix(".pack")
    return pack.with_name(f"{name}.identity.age")

"""Packs in a few lines: a work folder with items in it, sealed by keys that need no passphrase."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from support.authority import POLICY
from support.authority import Authority as Server
from unseen.clients import HttpAuthorities
from unseen.desk.add_to_pack import Extra, Found, add_to_pack
from unseen.desk.ask_authorities import NamedAuthority, Outside
from unseen.desk.begin_pack import begin_pack
from unseen.desk.check_pack import check_folder, open_pack
from unseen.desk.custody_log import Hand
from unseen.desk.evidence_ports import Source
from unseen.desk.seal_pack import Sealed, Surroundings, seal_pack
from unseen.evidence.contents import take_in
from unseen.evidence.keys import Keys, LockedKeys
from unseen.evidence.pack import tag_manifests
from unseen.evidence.records import Authority, Environment, Lane, Origin, Rules, TimeSource, Tool, Trace
from unseen.evidence.report import Report
from unseen.evidence.timestamp import fingerprint_of, read_certificates
from unseen.evidence.verify import Trust
from unseen.vault import LocalFile, LocalWorkFolder, OpenedFolder, PackFile, folder_files

TOOL = Tool(name="Unseen", version="0")
MACHINE = Environment(system="Linux 6", machine="x86_64", python="3.11", clock_synchronised=None, secure_boot=None)
SURROUNDINGS = Surroundings(tool=TOOL, environment=MACHINE)


Files = dict[str, bytes]  # a pack, by path
PHONE = Origin(kind="device", where="a phone")
CHINA = Rules(lane=Lane.ADULT, jurisdiction="cn", keep_originals=True)


@dataclass
class Clock:
    """The machine's clock, off by so much."""

    off: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


class Unreachable:
    """No network."""

    def ask(self, url: str, request: bytes) -> bytes:
        return HttpAuthorities(timeout_s=1).ask("http://127.0.0.1:9/", request)

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        return HttpAuthorities(timeout_s=1).fetch("http://127.0.0.1:9/", max_bytes=max_bytes)


@dataclass
class Maker:
    """A person at her machine."""

    folder: Path
    rules: Rules = CHINA
    clock: Clock = field(default_factory=Clock)
    keys: Keys = field(default_factory=Keys.new)
    outside: Outside | None = None

    def __post_init__(self) -> None:
        locked = LockedKeys(recipient=self.keys.identity.recipient, identity=b"locked", signing_key=b"locked")
        self.work = LocalWorkFolder.create(self.folder / "work", locked, self.rules)
        self.hand = Hand(operator="her sister", clock=self.clock, random_bits=random.Random(7).getrandbits)
        self.pack = self.folder / "work.pack.age"
        begin_pack(self.work, self.hand)

    def add(self, name: str, content: bytes, media_type: str = "image/png", **more: Any) -> None:
        path = self.folder / "source"
        path.write_bytes(content)
        self.add_source(name, LocalFile(path), media_type, **more)

    def add_source(
        self,
        name: str,
        source: Source,
        media_type: str,
        extras: tuple[Extra, ...] = (),
        traces: tuple[Trace, ...] = (),
        origin: Origin = PHONE,
    ) -> None:
        found = Found(
            name=name,
            media_type=media_type,
            origin=origin,
            captured_at=None,
            time_source=TimeSource.THIS_COMPUTER,
            method="added from a file",
            tool=TOOL,
            environment=MACHINE,
            traces=traces,
        )
        add_to_pack(self.work, found, source, extras=extras, hand=self.hand)

    def seal(
        self, *authorities: NamedAuthority, recipients: tuple[str, ...] = (), outside: Outside | None = None
    ) -> Sealed:
        return seal_pack(
            self.work,
            self.keys,
            PackFile(self.pack),
            recipients=recipients,
            authorities=authorities,
            hand=self.hand,
            outside=outside or self.online(),
            surroundings=SURROUNDINGS,
        )

    def online(self, timeout_s: float = 10.0) -> Outside:
        network = HttpAuthorities(timeout_s=timeout_s)
        return Outside(timestamper=network, fetcher=network, clock=self.clock)

    def offline(self) -> Outside:
        return Outside(timestamper=Unreachable(), fetcher=Unreachable(), clock=self.clock)

    def open(self, name: str = "opened") -> Path:
        with OpenedFolder(self.folder / name) as folder:
            open_pack(PackFile(self.pack), self.keys.identity, folder)
        return self.folder / name


def named(server: Server, *, name: str = "test", policy: str | None = POLICY, path: str = "") -> NamedAuthority:
    """``server`` as a signer names it."""
    bundle = read_certificates(server.root.read_bytes())
    roots = tuple(fingerprint_of(certificate) for certificate in bundle)
    return NamedAuthority(
        authority=Authority(name=name, url=server.url + path, policy=policy, roots=roots), bundle=bundle
    )


def checked(folder: Path, **trust: Any) -> Report:
    """The report about an opened pack."""
    return check_folder(folder_files(folder), Trust(now=trust.pop("now", datetime.now(UTC)), **trust))


def rows(report: Report) -> dict[str, str]:
    """Result by what was checked."""
    return {check.what: check.result.value for check in report.checks}


@dataclass
class Bytes:
    """A source that is these bytes, or other ones each time it is opened."""

    contents: list[bytes]
    while_open: Callable[[], None] = lambda: None

    def opened(self) -> Any:
        content = self.contents.pop(0) if len(self.contents) > 1 else self.contents[0]
        self.while_open()
        return BytesIO(content)


def relisted(files: Files) -> Files:
    """The bag's own lists made anew, as whoever tampers can."""
    payload = take_in((p, BytesIO(c)) for p, c in files.items() if p.startswith("data/")).files
    lists = {
        f"manifest-{d}.txt": "".join(f"{getattr(f, d)}  {p}\n" for p, f in sorted(payload.items())).encode()
        for d in ("sha256", "sha512")
    }
    return {
        **files,
        **lists,
        **tag_manifests({p: c for p, c in {**files, **lists}.items() if not p.startswith("data/")}),
    }

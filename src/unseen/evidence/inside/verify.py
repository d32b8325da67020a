#!/usr/bin/env python3
"""Check this pack: Python's standard library and openssl (version 3), nothing else, no network.

    python3 verify.py [FOLDER] [--signer 64-DIGITS] [--ca ROOTS.pem]

Exit code 0: nothing was changed; 1: a check failed, or a timestamp is pending.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

LATER = {"seal/manifest.json", "seal/manifest.sig", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}
Files = Dict[str, Tuple[str, str, int]]  # path: (sha256, sha512, size)
Row = Tuple[Any, str, str]  # what was found, the result, and what to say
rows: list[str] = []


class Bad(Exception):
    """A check failed; says which file and why."""


def row(what: str, look: Callable[[], Row]) -> Any:
    """Do one check and keep its result; returns what it found, or None."""
    try:
        found, result, said = look()
    except (Bad, KeyError, TypeError, ValueError, OSError) as error:
        found, result = None, "FAILED"
        said = str(error) if isinstance(error, Bad) else f"damaged ({type(error).__name__}: {error})"
    rows.append(result)
    print(f"{len(rows):>2}. {result:<13} {what}: {said}")
    return found


def digests_of(folder: Path) -> Files:
    """(sha256, sha512, size) of each file, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise SystemExit(f"{path}: not a plain file")
        if path.is_file():
            sha256, sha512 = hashlib.sha256(), hashlib.sha512()
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    sha256.update(chunk)
                    sha512.update(chunk)
            name = path.relative_to(folder).as_posix()
            found[name] = (sha256.hexdigest(), sha512.hexdigest(), path.stat().st_size)
    return found


def canonical(text: bytes, what: str) -> Any:
    value = json.loads(text)
    if json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != text:
        raise Bad(f"{what} is not in its canonical form")
    return value


def bag(folder: Path, files: Files) -> Row:
    """BagIt's lists name exactly the files there are."""
    wrong = []
    for place, digest in enumerate(("sha256", "sha512")):
        for name, is_payload in ((f"manifest-{digest}.txt", True), (f"tagmanifest-{digest}.txt", False)):
            named = [p for p in files if p.startswith("data/") == is_payload and not p.startswith("tagmanifest-")]
            right = {path: files[path][place] for path in named}
            lines = (folder / name).read_text().splitlines()
            listed = {path: value for value, _, path in (line.partition("  ") for line in lines)}
            wrong += [f"{p} ({name})" for p in sorted(right.keys() | listed.keys()) if right.get(p) != listed.get(p)]
            if "".join(f"{right[p]}  {p}\n" for p in sorted(right)) != (folder / name).read_text():
                wrong.append(name)
    if wrong:
        raise Bad("changed, missing or added: " + ", ".join(wrong))
    return True, "holds", f"files: {len(files)}"


def same_files(manifest: dict[str, Any], files: Files) -> Row:
    sealed = {file["path"]: (file["sha256"], file["sha512"], file["bytes"]) for file in manifest["files"]}
    later = ("seal/timestamps/", "seal/renewals/")
    there = {path: value for path, value in files.items() if path not in LATER and not path.startswith(later)}
    wrong = sorted(path for path in sealed.keys() | there.keys() if sealed.get(path) != there.get(path))
    if wrong:
        raise Bad("changed, missing or added: " + ", ".join(wrong))
    return True, "holds", f"files: {len(sealed)}"


def openssl(*command: object) -> str:
    """What openssl says.  Raises: Bad."""
    done = subprocess.run(("openssl", *map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line.lower()]
        raise Bad("openssl says: " + (lines[-1] if lines else "no"))
    return done.stdout


def signature(folder: Path, manifest: dict[str, Any]) -> Row:
    pem = (folder / "seal/signer.pem").read_text()
    key = base64.b64decode("".join(pem.splitlines()[1:-1]))
    if key[-32:].hex() != manifest["sealing"]["signer"]:
        raise Bad("seal/signer.pem is not the key that the manifest names")
    seal = folder / "seal"
    files = ("-inkey", seal / "signer.pem", "-in", seal / "manifest.json", "-sigfile", seal / "manifest.sig")
    openssl("pkeyutl", "-verify", "-pubin", "-rawin", *files)
    return True, "holds", f"key {manifest['sealing']['signer']}"


def signer(manifest: dict[str, Any], given: str | None) -> Row:
    if given is None:
        return True, "not confirmed", "signed by a key you have not confirmed (--signer)"
    if "".join(given.split()).lower() != manifest["sealing"]["signer"]:
        raise Bad(f"signed by another key: {manifest['sealing']['signer']}")
    return True, "holds", "signed by the key you gave"


def custody(folder: Path, manifest: dict[str, Any]) -> Row:
    text = (folder / "data/custody.jsonl").read_bytes()
    head, entries = "0" * 64, []
    if not text.endswith(b"\n"):
        raise Bad("data/custody.jsonl is cut off")
    for number, line in enumerate(text[:-1].split(b"\n"), start=1):
        entry = canonical(line, f"line {number}")
        if (entry["number"], entry["previous"]) != (number, head):
            raise Bad(f"line {number} does not follow the line before it")
        head = hashlib.sha256(line).hexdigest()
        entries.append(entry)
    if manifest["custody"] != {"entries": len(entries), "head": head}:
        raise Bad("the custody log is not the one that the manifest names")
    said = [entry["added"] for entry in entries if entry["added"]]
    if said != manifest["items"] or entries[0]["begun"] != manifest["purpose"]:
        raise Bad("the manifest says something else than the custody log")
    if entries[-1]["sealed"] != manifest["sealing"]:
        raise Bad("the custody log does not end with this sealing")
    times = [datetime.fromisoformat(entry["at"].replace("Z", "+00:00")) for entry in entries]
    if times != sorted(times):
        return True, "not confirmed", "unbroken, but the clock was set back at times"
    return True, "holds", f"entries: {len(entries)}, items: {len(said)}"


def fingerprints(pem_file: Path) -> set[str]:
    """SHA-256 of each certificate of a PEM file."""
    blocks = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END", pem_file.read_text(), re.DOTALL)
    return {hashlib.sha256(base64.b64decode(block)).hexdigest() for block in blocks}


def stamped(data: Path, reply: Path, roots: Path, chain: Path) -> tuple[datetime, str]:
    """(When, policy) of a timestamp of ``data``, its certificates held to the time that it says.  Raises: Bad."""
    text = openssl("ts", "-reply", "-in", reply, "-text")
    when, policy = field("Time stamp: (.*) GMT", text), field("Policy OID: (.*)", text)
    at = datetime.strptime(re.sub(r"\.\d+", "", when), "%b %d %H:%M:%S %Y").replace(tzinfo=timezone.utc)
    trust = ("-CAfile", roots, "-untrusted", chain, "-attime", int(at.timestamp()))
    openssl("ts", "-verify", "-data", data, "-in", reply, *trust)
    openssl("ts", "-verify", "-queryfile", reply.with_suffix(".tsq"), "-in", reply, *trust)
    return at, policy


def field(pattern: str, text: str) -> str:
    """A line of what openssl shows of a timestamp."""
    found = re.search(f"^{pattern}$", text, re.MULTILINE)
    if found is None:
        raise Bad("openssl does not show what a timestamp has")
    return found[1]


def timestamps(folder: Path, authority: dict[str, Any]) -> Row:
    """The latest time at which an authority saw manifest and signature."""
    seal, roots = folder / "seal", folder / "seal/authorities" / f"{authority['name']}.pem"
    answered = seal / "timestamps" / authority["name"]
    if not answered.is_dir():
        return None, "PENDING", "nobody but the signer says when it was sealed"
    if not set(authority["roots"]) <= fingerprints(roots):
        raise Bad("the root certificates are not those that the manifest names")
    seen = []
    with tempfile.TemporaryDirectory() as aside:  # roots alone, without what else the file may hold
        trusted = Path(aside) / "roots.pem"
        blocks = re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", roots.read_text(), re.DOTALL)
        named = [
            b for b in blocks if hashlib.sha256(base64.b64decode(b.split("-----")[2])).hexdigest() in authority["roots"]
        ]
        trusted.write_text("".join(named))
        for about, data in (("manifest", "manifest.json"), ("signature", "manifest.sig")):
            at, policy = stamped(seal / data, answered / f"{about}.tsr", trusted, answered / "chain.pem")
            if authority["policy"] not in (None, policy):
                raise Bad(f"made under policy {policy}, not {authority['policy']}")
            seen.append(at)
    return max(seen), "holds", f"{max(seen):%Y-%m-%d %H:%M:%S} UTC"


def strangers(folder: Path, manifest: dict[str, Any]) -> Row:
    there = {path.name for path in (folder / "seal/timestamps").glob("*")}
    strange = there - {authority["name"] for authority in manifest["sealing"]["authorities"]}
    if strange:
        raise Bad("timestamps nobody asked for: " + ", ".join(sorted(strange)))
    if not manifest["sealing"]["authorities"]:
        return True, "PENDING", "no authority was named"
    return True, "holds", f"authorities: {len(there)}"


def renewal(folder: Path, files: Files, number: int) -> Row:
    """A timestamp over the sha512 of everything that came before it."""
    name = f"{number:04}"
    inside = folder / "seal/renewals" / name
    before = [
        path
        for path in sorted(files)
        if not path.startswith("tagmanifest-")
        and not (path.startswith("seal/renewals/") and path.split("/")[2] >= name)
    ]
    if (inside / "renewed.txt").read_text() != "".join(f"{files[path][1]}  {path}\n" for path in before):
        raise Bad("what was stamped is not what is here")
    at, _ = stamped(inside / "renewed.txt", inside / "renewed.tsr", inside / "chain.pem", inside / "chain.pem")
    return at, "holds", f"{at:%Y-%m-%d %H:%M:%S} UTC"


def authorities(manifest: dict[str, Any], given: str | None) -> Row:
    named = {root for authority in manifest["sealing"]["authorities"] for root in authority["roots"]}
    if given is None:
        return True, "not confirmed", "compare with what the authorities publish (--ca): " + ", ".join(sorted(named))
    if not named <= fingerprints(Path(given)):
        return True, "not confirmed", "not all are in the file you gave: " + ", ".join(sorted(named))
    return True, "holds", "the roots you gave"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=Path(__file__).resolve().parent)
    parser.add_argument("--signer", metavar="DIGITS")
    parser.add_argument("--ca", metavar="FILE")
    wanted = parser.parse_args()
    folder = Path(wanted.folder)
    files = digests_of(folder)
    text = folder / "seal/manifest.json"
    manifest = row(
        "The manifest can be read", lambda: (canonical(text.read_bytes(), "seal/manifest.json"), "holds", "canonical")
    )
    row("The bag is whole", lambda: bag(folder, files))
    if manifest is not None:
        row("Every file is the one that was sealed", lambda: same_files(manifest, files))
        row("The signature is of this manifest", lambda: signature(folder, manifest))
        row("The signer is who you think", lambda: signer(manifest, wanted.signer))
        row("The custody log is unbroken", lambda: custody(folder, manifest))
        row("Timestamps are those asked for", lambda: strangers(folder, manifest))
        for authority in manifest["sealing"]["authorities"]:
            row(f"{authority['name']} saw manifest and signature", partial(timestamps, folder, authority))
        row("The authorities are ones you trust", lambda: authorities(manifest, wanted.ca))
        for number, _ in enumerate(sorted((folder / "seal/renewals").glob("*")), start=1):
            row(f"Renewal {number} covers all before it", partial(renewal, folder, files, number))
    print("\nNot checked by this program: revocation lists; whether a renewal came in time; copies of certificates")
    print("inside a timestamp, beside those of its chain.pem (`unseen evidence verify` does that). Nor who a key or a")
    print("root belongs to unless you gave it, and whether what was written down is true.")
    sys.exit(any(result in ("FAILED", "PENDING") for result in rows))


if __name__ == "__main__":
    main()

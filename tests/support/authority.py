"""A real timestamp authority: ``openssl ts`` behind a small HTTP server on this machine, with a root of its own."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.tools import openssl

POLICY = "1.3.6.1.4.1.55555.1"
OTHER_POLICY = "1.3.6.1.4.1.55555.2"
DAY = timedelta(days=1)

_CONFIG = """
[tsa]
default_tsa = a
[a]
dir = {folder}
serial = $dir/serial
signer_cert = $dir/tsa.pem
certs = $dir/chain.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = {policy}
other_policies = {other}
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """What a test turns the wheels of."""

    folder: Path
    root: Path  # PEM
    crl: bytes
    url: str = ""
    replay: bytes | None = None  # answers this instead of a new timestamp
    pause_s: float = 0.0  # between bytes
    status: int = 200
    asked: list[bytes] = field(default_factory=list)


def made_authority(
    folder: Path, *, address: str = "", expires_in: timedelta = 365 * DAY, revoked: tuple[str, timedelta] | None = None
) -> Authority:
    """Keys, a root, one certificate in between, and the authority's own.  ``address``: where its lists are.

    ``revoked``: for what reason the authority's own was, and when.
    """
    folder.mkdir()
    now = datetime.now(UTC)
    root_key, middle_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = _certificate("Test Root", root_key, None, root_key, now, 3650 * DAY, address)
    middle = _certificate("Test Middle", middle_key, root, root_key, now, 3000 * DAY, address)
    leaf = _certificate("Test Authority", key, middle, middle_key, now, expires_in, address, stamps=True)
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "chain.pem").write_bytes(middle.public_bytes(pem))
    for name, private in (("tsa.key", key), ("middle.key", middle_key)):
        written = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / name).write_bytes(written)
    (folder / "serial").write_text("01\n")
    for name, policy, other in (("tsa.cnf", POLICY, OTHER_POLICY), ("other.cnf", OTHER_POLICY, POLICY)):
        (folder / name).write_text(_CONFIG.format(folder=folder, policy=policy, other=other))
    crl = x509.CertificateRevocationListBuilder().issuer_name(middle.subject).last_update(now).next_update(now + DAY)
    if revoked is not None:
        entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial_number)
        entry = entry.revocation_date(now + revoked[1])
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(revoked[0])), critical=False)
        crl = crl.add_revoked_certificate(entry.build())
    signed = crl.sign(middle_key, hashes.SHA256())
    return Authority(folder=folder, root=folder / "root.pem", crl=signed.public_bytes(serialization.Encoding.DER))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lasts: timedelta,
    address: str,
    *,
    stamps: bool = False,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + lasts) - 2 * DAY)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if stamps:
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        if address:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{address}/crl")], None, None, None)
            built = built.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return built.sign(issuer_key, hashes.SHA256())


def stamp(authority: Authority, request: bytes, *, config: str = "tsa.cnf") -> bytes:
    """What ``openssl ts`` answers."""
    query, reply = authority.folder / "query", authority.folder / "reply"
    query.write_bytes(request)
    command = [openssl(), "ts", "-reply", "-config", str(authority.folder / config), "-queryfile", str(query)]
    subprocess.run([*command, "-out", str(reply)], check=True, capture_output=True, timeout=60)
    return reply.read_bytes()


@contextmanager
def serving(authority: Authority, server: ThreadingHTTPServer) -> Iterator[Authority]:
    """Answer requests until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                authority.asked.append(request)
                answer = authority.replay or stamp(authority, request, config=self.path.strip("/") or "tsa.cnf")
            self._answer(answer)

        def do_GET(self) -> None:
            self._answer(authority.crl)

        def _answer(self, content: bytes) -> None:
            self.send_response(authority.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                for at in range(0, len(content), 64 if authority.pause_s else len(content)):
                    self.wfile.write(content[at : at + (64 if authority.pause_s else len(content))])
                    time.sleep(authority.pause_s)
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            pass

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running_authority(
    folder: Path, *, expires_in: timedelta = 365 * DAY, revoked: tuple[str, timedelta] | None = None
) -> Iterator[Authority]:
    """One that answers at its ``url``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    address = f"http://127.0.0.1:{server.server_port}"
    authority = made_authority(folder, address=address, expires_in=expires_in, revoked=revoked)
    authority.url = f"{address}/"
    with serving(authority, server):
        yield authority

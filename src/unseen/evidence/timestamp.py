"""Timestamps (RFC 3161): what is asked for, and whether the answer holds.  No sockets.

Source: RFC 3161, sections 2.4.1 (request), 2.4.2 (response), 2.3 (the authority's certificate); RFC 5816 (ESSCertIDv2).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from unseen.base import AuthorityFailed, BadRequest
from unseen.evidence import der

_SEQUENCE, _INTEGER, _OCTETS, _NULL = 0x30, 0x02, 0x04, 0x05
_VERSION_1: Final = bytes.fromhex("020101")
_VERSION_3: Final = bytes.fromhex("020103")
_CERTIFICATES: Final = bytes.fromhex("0101ff")  #: certReq TRUE
_SHA512: Final = bytes.fromhex("0609608648016503040203")
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
_SIGNING_CERTIFICATE: Final = bytes.fromhex("060b2a864886f70d010910020c")
_SIGNING_CERTIFICATE_V2: Final = bytes.fromhex("060b2a864886f70d010910022f")
_DIGEST_OF_OID: Final = {
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    _SHA512: "sha512",
}
_RSA: Final = bytes.fromhex("06092a864886f70d010101")  #: with whatever digest is named beside it
_DIGEST_OF_SIGNATURE: Final = {
    bytes.fromhex("06092a864886f70d01010b"): "sha256",
    bytes.fromhex("06092a864886f70d01010c"): "sha384",
    bytes.fromhex("06092a864886f70d01010d"): "sha512",
    bytes.fromhex("06082a8648ce3d040302"): "sha256",
    bytes.fromhex("06082a8648ce3d040303"): "sha384",
    bytes.fromhex("06082a8648ce3d040304"): "sha512",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What was asked and what came, both DER."""

    request: bytes
    response: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """What a timestamp that holds says."""

    at: datetime
    accuracy_s: float
    policy: str
    chain: tuple[x509.Certificate, ...]  #: the authority's own first, the root last
    unsigned: bool  #: whether it came with attributes, versions or names that nobody signed, or unused certificates

    @property
    def expires_at(self) -> datetime:
        """When the first certificate of the chain ends: a timestamp is renewed before."""
        return min(certificate.not_valid_after_utc for certificate in self.chain)

    @property
    def root(self) -> str:
        """SHA-256 of the root certificate, hex."""
        return fingerprint_of(self.chain[-1])


def new_request(message: bytes) -> bytes:
    """A request for ``message`` with a random nonce, SHA-512, and the certificates wanted, DER."""
    return bytes(TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA512).build().as_bytes())


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER, as authorities publish it, hex."""
    return certificate.fingerprint(SHA256()).hex()


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM file.  Raises: BadRequest."""
    try:
        certificates = tuple(x509.load_pem_x509_certificates(pem))
        for certificate in certificates:
            is_root(certificate)  # names are parsed when they are looked at
    except der.DAMAGE:
        raise BadRequest("The authority's certificates cannot be read.", hint="They are a file in PEM.") from None
    return certificates


def write_certificates(certificates: Sequence[x509.Certificate]) -> bytes:
    """A PEM file of them, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it vouches for itself."""
    return certificate.issuer == certificate.subject


def check(token: Token, message: bytes, *, bundle: Sequence[x509.Certificate], policy: str | None) -> Stamped:
    """What the timestamp of ``message`` says.

    1. The authority granted it.  2. It answers this request: the nonce is the request's.  3. It is of ``message``.
    4. It was made under ``policy``, where one is asked for.  5. The signer's certificate is the one that the signed
    attributes name, and made for timestamps alone.  6. The signature holds, and the chain leads to a root of
    ``bundle``, all valid at the time that the timestamp says.  Raises: AuthorityFailed, saying which.
    """
    with der.read_carefully("What came from the timestamp authority, or was asked of it,"):
        return _checked(token, message, bundle=bundle, policy=policy)


def _checked(token: Token, message: bytes, *, bundle: Sequence[x509.Certificate], policy: str | None) -> Stamped:
    response = decode_timestamp_response(_in_der_order(token.response))
    status = PKIStatus(response.status)
    if status is not PKIStatus.GRANTED:  # (1)
        raise AuthorityFailed(f"The timestamp authority refused ({status.name.lower().replace('_', ' ')}).")
    info, digest = response.tst_info, hashlib.sha512(message).digest()
    imprint, nonce = _asked(token.request)
    certificate_id, has_unsigned = _signer_of(response.time_stamp_token())
    if info.nonce != nonce:  # (2)
        raise AuthorityFailed("The timestamp answers another request (its nonce is not ours): it may be an old one.")
    if imprint != digest or info.message_imprint.message != digest:  # (3)
        raise AuthorityFailed("The timestamp is of something else.")
    if policy is not None and info.policy.dotted_string != policy:  # (4)
        raise AuthorityFailed(f"The timestamp was made under policy {info.policy.dotted_string}, not under {policy}.")
    sent = [x509.load_der_x509_certificate(raw) for raw in response.signed_data.certificates]
    chain = _chain(response, sent, bundle)
    if not _names(certificate_id, chain[0]):  # (5)
        raise AuthorityFailed("The timestamp names another certificate than the one it came with.")
    if not all(c.not_valid_before_utc <= info.gen_time <= c.not_valid_after_utc for c in chain):
        raise AuthorityFailed("A certificate of the timestamp authority had expired, or was not valid yet.")
    verifier = VerifierBuilder(roots=[chain[-1]], intermediates=list(chain[1:-1]), nonce=nonce).build()
    try:
        verifier.verify(response, digest)  # (6)
    except VerificationError:
        raise AuthorityFailed("The timestamp's signature, or a certificate of its chain, does not hold.") from None
    accuracy = info.accuracy
    return Stamped(
        at=info.gen_time,
        accuracy_s=0.0 if accuracy is None else (accuracy.seconds or 0) + (accuracy.millis or 0) / 1000,
        policy=info.policy.dotted_string,
        chain=chain,
        unsigned=has_unsigned or any(certificate not in chain for certificate in sent),
    )


def _in_der_order(response: bytes) -> bytes:
    """The response with its certificates sorted, as DER has a set.

    ``openssl ts``, which many authorities run, sends them as they come, and the library takes sorted ones alone.  No
    signature covers their order, and the pack keeps the response as it came.  Raises: ValueError.
    """
    status, *token = der.read(response).parts()
    if not token:  # a refusal has none
        return response
    kind, wrapped = token[0].parts()
    fields = list(next(wrapped.parts()).parts())

    def written(in_order: Callable[[Iterable[bytes]], Iterable[bytes]]) -> bytes:
        parts = [
            der.write(field.tag, in_order([value.whole for value in field.parts()]))
            if field.tag == _CONTEXT_0
            else field.whole
            for field in fields
        ]
        content = der.write(_CONTEXT_0, [der.write(_SEQUENCE, parts)])
        return der.write(_SEQUENCE, [status.whole, der.write(_SEQUENCE, [kind.whole, content])])

    if written(list) != response:  # what is not looked at below is at least as DER has it
        raise ValueError("not in DER")
    return written(sorted)


def _chain(
    response: TimeStampResponse, sent: Sequence[x509.Certificate], bundle: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """From the signer's certificate to a root of ``bundle``; signatures are checked on the way, the root's too."""
    signers = response.signed_data.signer_infos
    known = [*bundle, *sent]
    leaf = next((c for c in sent for s in signers if (c.issuer, c.serial_number) == (s.issuer, s.serial_number)), None)
    if leaf is None or len(signers) != 1:
        raise AuthorityFailed("The timestamp came without the certificate of who signed it.")
    chain = [leaf]
    while not (chain[-1] in bundle and _issued(chain[-1], chain[-1])):
        above = next((c for c in known if c not in chain and _issued(c, chain[-1])), None)
        if above is None:
            raise AuthorityFailed("The timestamp's certificates do not lead to the authority's root that was named.")
        chain.append(above)
    return tuple(chain)


def _issued(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except Exception:  # noqa: BLE001  names, keys or signature: whatever it is, it did not issue it
        return False
    return True


def _asked(request: bytes) -> tuple[bytes, int]:
    """The digest and the nonce of a request as ``new_request`` makes it.  Raises: ValueError for any other."""
    _, imprint, nonce, *_ = der.read(request).parts()
    digest = list(imprint.parts())[1].content
    algorithm = der.write(_SEQUENCE, [_SHA512, bytes((_NULL, 0))])
    parts = [_VERSION_1, der.write(_SEQUENCE, [algorithm, der.write(_OCTETS, [digest])]), nonce.whole, _CERTIFICATES]
    if nonce.tag != _INTEGER or der.write(_SEQUENCE, parts) != request:
        raise ValueError("not a request of ours")
    return digest, int.from_bytes(nonce.content, "big", signed=True)


def _signer_of(token: bytes) -> tuple[tuple[str, bytes], bool]:
    """(Digest name, digest) of the certificate that the signed attributes name; whether something tells unsigned.

    ContentInfo {type, [0] SignedData {..., SET OF SignerInfo {..., [0] signed, ..., [1] unsigned}}}: RFC 5652, 5.
    """
    signed_data = next(list(der.read(token).parts())[1].parts())
    signer = next(list(signed_data.parts())[-1].parts())
    attributes = list(signer.parts())
    signed = next(part for part in attributes if part.tag == _CONTEXT_0)
    for attribute in signed.parts():
        oid, values = attribute.parts()
        if oid.whole in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2):
            signing_certificate = next(values.parts())
            first = next(next(signing_certificate.parts()).parts())
            unsigned = any(part.tag == _CONTEXT_1 for part in attributes) or not _is_usual(signed_data, attributes)
            return _certificate_id(first, oid.whole), unsigned
    raise ValueError("no signing certificate is named")


def _is_usual(signed_data: der.Value, signer: Sequence[der.Value]) -> bool:
    """Whether versions and the signature's algorithm are as they follow from the rest: no signature covers them.

    RFC 5652, 5.1 and 5.3: version 3 around a timestamp, 1 for a signer named by issuer and number.
    """
    version, _, digest, _, algorithm, *_ = signer
    signed_by = next(algorithm.parts()).whole
    usual = _DIGEST_OF_SIGNATURE.get(signed_by) == _DIGEST_OF_OID.get(next(digest.parts()).whole, "")
    versions = next(signed_data.parts()).whole, version.whole
    return versions == (_VERSION_3, _VERSION_1) and (usual or signed_by == _RSA)


def _certificate_id(identifier: der.Value, attribute: bytes) -> tuple[str, bytes]:
    parts = list(identifier.parts())
    digest = next(part.content for part in parts if part.tag == _OCTETS)
    if attribute == _SIGNING_CERTIFICATE:
        return "sha1", digest
    if parts[0].tag == _SEQUENCE:
        return _DIGEST_OF_OID.get(next(parts[0].parts()).whole, ""), digest
    return "sha256", digest  # the default


def _names(certificate_id: tuple[str, bytes], certificate: x509.Certificate) -> bool:
    digest, value = certificate_id
    if not digest:
        return False
    return hashlib.new(digest, certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest() == value

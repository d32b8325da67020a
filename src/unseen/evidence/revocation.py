"""Revocation lists (RFC 5280, 5) beside a timestamp: whether a certificate of its chain was taken back."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509

from unseen.base import AuthorityFailed
from unseen.evidence.der import DAMAGE, read_carefully

_WHAT: Final = "A revocation list beside the timestamp"
#: RFC 3161, 4: a certificate that ended for one of these leaves earlier timestamps standing.
_HARMLESS: Final = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)


def list_addresses(chain: Sequence[x509.Certificate]) -> tuple[str, ...]:
    """Where the chain's certificates say that their lists are; http addresses alone."""
    found: list[str] = []
    for certificate in chain:
        try:
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        except (x509.ExtensionNotFound, *DAMAGE):  # none, or none that can be read
            continue
        names = (name for point in points for name in point.full_name or ())
        found += [
            n.value for n in names if isinstance(n, x509.UniformResourceIdentifier) and n.value.startswith("http")
        ]
    return tuple(dict.fromkeys(found))


def lists_of(chain: Sequence[x509.Certificate], lists: Iterable[bytes]) -> list[bytes]:
    """Those of ``lists`` that an authority of the chain has signed; what else was fetched says nothing."""
    found = []
    for content in lists:
        with suppress(AuthorityFailed), read_carefully(_WHAT):
            if any(_speaks(x509.load_der_x509_crl(content), issuer) for issuer in chain[1:]):
                found.append(content)
    return found


def require_unrevoked(chain: Sequence[x509.Certificate], lists: Sequence[bytes], at: datetime) -> tuple[str, ...]:
    """Names of the certificates (without the root) that no list speaks for.

    Raises: AuthorityFailed where one was revoked before ``at``, or later for a reason that casts doubt on what it
    signed before; also for a list that is damaged or of somebody else.
    """
    with read_carefully(_WHAT):
        return _unlisted(chain, [x509.load_der_x509_crl(content) for content in lists], at)


def _unlisted(
    chain: Sequence[x509.Certificate], read: Sequence[x509.CertificateRevocationList], at: datetime
) -> tuple[str, ...]:
    if not all(any(_speaks(crl, issuer) for issuer in chain[1:]) for crl in read):
        raise AuthorityFailed("A revocation list beside the timestamp is not of its authority.")
    unlisted = []
    for certificate, issuer in pairwise(chain):
        speaking = [crl for crl in read if _speaks(crl, issuer)]
        if not speaking:
            unlisted.append(certificate.subject.rfc4514_string())
        for crl in speaking:
            _require_standing(crl, certificate, at)
    return tuple(unlisted)


def _speaks(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return crl.issuer == issuer.subject and crl.is_signature_valid(key)  # type: ignore[arg-type]  # TypeError is caught


def _require_standing(crl: x509.CertificateRevocationList, certificate: x509.Certificate, at: datetime) -> None:
    revoked = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if revoked is None:
        return
    try:
        reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = None
    if revoked.revocation_date_utc <= at or reason not in _HARMLESS:
        raise AuthorityFailed(f"The authority's certificate was revoked on {revoked.revocation_date_utc:%Y-%m-%d}.")

"""Timestamp authorities are asked about messages; what holds is kept, what does not is said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography import x509

from unseen.base import AuthorityFailed, BadRequest, Clock
from unseen.desk.evidence_ports import Fetcher, Timestamper
from unseen.evidence.records import Authority
from unseen.evidence.revocation import list_addresses, lists_of, require_unrevoked
from unseen.evidence.stamps import StampFiles, stamp_files
from unseen.evidence.timestamp import Stamped, Token, check, new_request

_MOST_LIST: Final = 16 << 20  #: bytes of a revocation list
_MOST_LISTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAuthority:
    """An authority with its certificates: one or more roots, and those in between that it does not send itself."""

    authority: Authority
    bundle: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The ports that a seal needs from other people's servers."""

    timestamper: Timestamper
    fetcher: Fetcher
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came of asking."""

    stamps: Mapping[str, StampFiles]  #: by the authority's name
    failures: Mapping[str, str]  #: by the authority's name: why its timestamps are pending
    clock_ahead: timedelta | None  #: of this computer, by the first authority that answered


def ask_authorities(authorities: Iterable[NamedAuthority], about: Mapping[str, bytes], *, outside: Outside) -> Answers:
    """Ask each authority about each message; one that fails does not keep the others from being asked."""
    stamps, failures, ahead = {}, {}, None
    for named in authorities:
        name = named.authority.name
        try:
            stamps[name], stamped = _asked(named, about, outside)
        except (AuthorityFailed, BadRequest) as failure:
            failures[name] = failure.what
        else:
            if ahead is None:
                ahead = outside.clock.now() - stamped[-1].at
    return Answers(stamps=stamps, failures=failures, clock_ahead=ahead)


def clock_ahead_ms(authorities: Sequence[NamedAuthority], outside: Outside) -> int | None:
    """How far this computer's clock is ahead of the first authority's; None where that does not answer.

    The stamp is of nothing and is not kept: a manifest can only say what was known before it was signed.
    """
    ahead = ask_authorities(authorities[:1], {"clock": b"what time is it?"}, outside=outside).clock_ahead
    return None if ahead is None else round(ahead / timedelta(milliseconds=1))


def _asked(named: NamedAuthority, about: Mapping[str, bytes], outside: Outside) -> tuple[StampFiles, Sequence[Stamped]]:
    tokens, stamped = {}, []
    for name, message in sorted(about.items()):
        request = new_request(message)
        token = Token(request=request, response=outside.timestamper.ask(named.authority.url, request))
        stamped.append(check(token, message, bundle=named.bundle, policy=named.authority.policy))
        tokens[name] = token
    certificates = [certificate for one in stamped for certificate in one.chain]
    lists = lists_of(certificates, _fetched(certificates, outside.fetcher))
    for one in stamped:
        require_unrevoked(one.chain, lists, one.at)
    return stamp_files(tokens, stamped, lists), stamped


def _fetched(certificates: Sequence[x509.Certificate], fetcher: Fetcher) -> Iterator[bytes]:
    """The revocation lists that can be had; a report says where none speaks for a certificate."""
    for address in list_addresses(certificates)[:_MOST_LISTS]:
        with suppress(AuthorityFailed, BadRequest):
            yield fetcher.fetch(address, max_bytes=_MOST_LIST)

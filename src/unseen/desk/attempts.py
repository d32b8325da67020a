"""How often PINs may be tried and cases opened: keyed counts in memory, and ever longer waits, never a lock.

A wait at a PIN belongs to a pair of number and address, so that whoever guesses elsewhere keeps nobody out of her own
case; and it is asked for before anything is looked up, so that it is the same for a number that was never given out.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from unseen.base import CaseUnknown, TooSoon
from unseen.case.records import CaseNumber
from unseen.desk.counts import Count, Counts

FREE_TRIES: Final = 3  #: typing mistakes cost nothing
LONGEST_S: Final = 900
_FIRST_S: Final = 5
_HOUR_S: Final = 3600.0
_NETWORK_OF_V6: Final = 48  # bits; one customer may have so many addresses


class TooManyTries(TooSoon):
    """Wait a little before the next try."""

    code = "too_many_tries"


class TooManyCases(TooSoon):
    """So many cases were opened from one address."""

    code = "too_many_cases"


class Attempts:
    """Counts tries at a PIN, a recovery code or a link."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def begin(self, typed_number: str, address: str) -> str:
        """Count a try as a wrong one, before it is checked, so that many at a time gain nothing.

        ``address``: where it comes from; a token's name where a helper asks.
        Returns: what ``succeeded`` takes.  Raises: TooManyTries, and then nothing is counted.
        """
        told = f"tries\0{_canonical(typed_number)}\0{_neighbourhood(address)}"
        self._counts.change(told, _one_more)
        return told

    def succeeded(self, begun: str) -> None:
        """Number and PIN were right: earlier mistakes count no more."""
        self._counts.change(begun, lambda *_: None)


class Openings:
    """Counts the cases that are opened from one address."""

    def __init__(self, counts: Counts, *, an_hour: int) -> None:
        """``an_hour``: how many at once, and then how many in every hour; 0: as many as anybody likes."""
        self._counts, self._an_hour = counts, an_hour

    def admit(self, address: str) -> None:
        """Let one case be opened.  Raises: TooManyCases.

        What is kept is one time: when the cases opened so far would have been opened at the steady pace (the generic
        cell rate algorithm, ITU-T I.371).
        """
        if not self._an_hour:
            return
        pace_s = _HOUR_S / self._an_hour

        def one_more(held: Count | None, now: float) -> Count:
            due = max(now, held.at if held else now) + pace_s
            if (wait_s := due - now - _HOUR_S) > 1e-6:
                raise TooManyCases(
                    "Many cases were opened from your network.", hint="Wait before you open another one.", wait_s=wait_s
                )
            return Count(1, due)

        self._counts.change(f"openings\0{_neighbourhood(address)}", one_more)


def _one_more(tries: Count | None, now: float) -> Count:
    if tries is not None and (wait_s := tries.at + wait_after(tries.number) - now) > 0:
        raise TooManyTries(
            "The number and PIN were tried too often.", hint="Wait a little before you try again.", wait_s=wait_s
        )
    return Count(1 if tries is None else tries.number + 1, now)


def wait_after(tries: int) -> float:
    """Seconds to wait after so many wrong tries: none, then 5, doubled with each, 15 minutes at most."""
    if tries < FREE_TRIES:
        return 0.0
    return float(min(LONGEST_S, _FIRST_S * 2 ** min(tries - FREE_TRIES, 20)))


def _canonical(typed: str) -> str:
    """One spelling for all the ways to type a number, so that tries at it are counted together."""
    try:
        return str(CaseNumber.parse(typed))
    except CaseUnknown:
        return typed


def _neighbourhood(address: str) -> str:
    """The address; of IPv6, the network that one customer has."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, _NETWORK_OF_V6), strict=False))
    return str(known)

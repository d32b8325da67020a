"""How often a PIN may be tried: ever longer waits for one case from one address, never longer than 15 minutes.

A wait belongs to a pair of number and address, so that whoever guesses elsewhere keeps nobody out of her own case; and
it is asked for before anything is looked up, so that it is the same for a number that was never given out.  Nothing is
written down: what is kept are keyed digests, under a key that lives as long as the process.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from unseen.base import CallerError

FREE_TRIES: Final = 3  #: typing mistakes cost nothing
LONGEST_S: Final = 900
_FIRST_S: Final = 5
_FORGOTTEN_AFTER_S: Final = 24 * 3600
_MOST: Final = 100_000  # pairs; the one that was quiet for longest goes first
_NETWORK_OF_V6: Final = 48  # bits; one customer may have so many addresses


class TooManyTries(CallerError):
    """Wait a little before the next try."""

    code = "too_many_tries"

    def __init__(self, what: str, *, hint: str | None = None, wait_s: float = 0.0) -> None:
        """``wait_s``: until a try is looked at again."""
        super().__init__(what, hint=hint)
        self.wait_s = wait_s


@dataclass(slots=True)
class _Tries:
    count: int
    last_at: float


class Attempts:
    """Counts tries.  Thread-safe."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """``monotonic``: seconds of a clock that never goes back."""
        self._monotonic = monotonic
        self._key = secrets.token_bytes(32)
        self._tries: OrderedDict[bytes, _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, typed_number: str, address: str) -> bytes:
        """Count a try as a wrong one, before it is checked, so that many at a time gain nothing.

        Returns: what ``succeeded`` takes.  Raises: TooManyTries, and then nothing is counted.
        """
        pair, now = self._digest(typed_number, address), self._monotonic()
        with self._lock:
            self._forget(now)
            tries = self._tries.get(pair)
            if tries is not None and (wait_s := tries.last_at + wait_after(tries.count) - now) > 0:
                raise TooManyTries(
                    "The number and PIN were tried too often.",
                    hint="Wait a little before you try again.",
                    wait_s=wait_s,
                )
            self._tries[pair] = _Tries(1 if tries is None else tries.count + 1, now)
            self._tries.move_to_end(pair)
        return pair

    def succeeded(self, begun: bytes) -> None:
        """Number and PIN were right: earlier mistakes count no more."""
        with self._lock:
            self._tries.pop(begun, None)

    def _forget(self, now: float) -> None:
        while self._tries:
            oldest = next(iter(self._tries))
            if len(self._tries) < _MOST and now - self._tries[oldest].last_at < _FORGOTTEN_AFTER_S:
                return
            del self._tries[oldest]

    def _digest(self, typed_number: str, address: str) -> bytes:
        told = f"{typed_number}\0{_neighbourhood(address)}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(told, key=self._key, digest_size=16).digest()


def wait_after(tries: int) -> float:
    """Seconds to wait after so many wrong tries: none, then 5, doubled with each, 15 minutes at most."""
    if tries < FREE_TRIES:
        return 0.0
    return float(min(LONGEST_S, _FIRST_S * 2 ** min(tries - FREE_TRIES, 20)))


def _neighbourhood(address: str) -> str:
    """The address; of IPv6, the network that one customer has."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, _NETWORK_OF_V6), strict=False))
    return str(known)

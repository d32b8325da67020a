"""Which frames of a track are worth decoding, told from its packets; and which of the decoded ones begin a scene.

Nothing here decodes: the choices are made from times, sizes and which packets are keyframes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

from unseen.fingerprint.video import luma

ROUNDING_S: Final = 0.001  #: containers round times to so much
SCENE_APART_S: Final = 0.25  #: frames after changes of scene are so far apart at least
_SCENE_STEP: Final = 20.0  # mean difference of two frames' thumbs, of 255, that a change of scene has at least
_SCENE_TIMES: Final = 3.0  # and how many times the usual difference
_EARLY: Final = 0.05  # of the time from sample to sample: a keyframe so soon before a tick is its sample
_LATE: Final = 0.25  # and one so soon after it
_SCENE_SIZE: Final = 0.5  # of the keyframe's bytes: a frame that needs so many may show something else

T = TypeVar("T")


class Covering(Generic[T]):
    """Chooses keyframes: as few as leave no span longer than ``apart_s`` where the file's own do not."""

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._chosen_s: float | None = None
        self._held: tuple[float, T] | None = None  # the furthest one within reach of the last chosen

    def met(self, at_s: float, key: T) -> list[T]:
        """Take note of the next keyframe; returns those that are chosen now."""
        chosen = []
        if self._held is not None and self._is_far(at_s):
            self._chosen_s, held = self._held
            chosen.append(held)
            self._held = None
        if self._is_far(at_s):
            self._chosen_s = at_s
            chosen.append(key)
        else:
            self._held = at_s, key
        return chosen

    def last(self) -> list[T]:
        """Those that are chosen because no more come."""
        return [] if self._held is None else [self._held[1]]

    def _is_far(self, at_s: float) -> bool:
        return self._chosen_s is None or at_s - self._chosen_s > self._apart_s + ROUNDING_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Met(Generic[T]):
    """One packet, in the order of decoding."""

    at_s: float
    is_keyframe: bool
    size: int
    packet: T


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece(Generic[T]):
    """Packets to decode one after the other."""

    packets: list[T]
    size: int  #: bytes of them
    wanted_s: list[float]  #: the first frame decoded at or after each of these is a sample
    begins: bool  #: with a keyframe; else it goes on where the piece before ended


class Cutter(Generic[T]):
    """Cuts a track into the pieces that a sample every so often takes to decode, and leaves out the rest.

    The sample of a tick (each whole second, if it is one a second: other encoders count from there too) is a keyframe
    near it, being quickest to decode, or else the first frame after it.  What follows a group's last sample is not
    decoded.  Every keyframe is, and whatever is as large as one, since another scene may begin there.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due_s = -float("inf")  # the next tick
        self._key: Met[T] | None = None
        self._decoded_key_s = -float("inf")
        self._held: list[Met[T]] = []  # of the group under way, what is not decided on
        self._has_begun = False  # whether a piece of this group was cut

    def met(self, met: Met[T]) -> Iterator[Piece[T]]:
        """Take in the next packet; gives the pieces that are decided on now."""
        if met.is_keyframe or self._key is None:
            yield from self._ended(met.at_s)
            self._key, self._held, self._has_begun = met, [met], False
            if met.at_s >= self._due_s - _EARLY * self._every_s - ROUNDING_S:
                self._decoded_key_s = met.at_s
                self._sampled(met.at_s)
                yield self._cut(1, [met.at_s])
            elif met.at_s - self._decoded_key_s >= SCENE_APART_S:
                self._decoded_key_s = met.at_s
                yield self._cut(1, [])
            return
        if met.at_s < self._key.at_s:
            return  # it leans on the group before, of which not all may be decoded
        self._held.append(met)
        if self._is_past_waiting(met.at_s):
            yield from self._due()

    def last(self) -> Iterator[Piece[T]]:
        """The pieces that are decided on because no more packets come."""
        yield from self._ended(float("inf"))

    def _ended(self, next_key_s: float) -> Iterator[Piece[T]]:
        """What is left of a group that ends."""
        if self._is_past_waiting(next_key_s):
            yield from self._due()
        large = [
            at for at, met in enumerate(self._held) if self._key and met.size >= _SCENE_SIZE * max(self._key.size, 1)
        ]
        if large and not (large == [0] and self._held[0] is self._key):
            yield self._cut(large[-1] + 1, [])

    def _due(self) -> Iterator[Piece[T]]:
        """Up to every sample that is due and met."""
        while True:
            due_s = self._due_s
            at = next((at for at, met in enumerate(self._held) if met.at_s >= due_s - ROUNDING_S), None)
            if at is None:
                return
            self._sampled(self._held[at].at_s)
            yield self._cut(at + 1, [due_s])

    def _sampled(self, at_s: float) -> None:
        """Take note of a tick's sample: near it or after it."""
        self._due_s = (math.floor(at_s / self._every_s + _EARLY + ROUNDING_S) + 1) * self._every_s

    def _is_past_waiting(self, at_s: float) -> bool:
        """Whether a keyframe would come too late to be the next tick's sample."""
        return at_s > self._due_s + _LATE * self._every_s + ROUNDING_S

    def _cut(self, count: int, wanted_s: list[float]) -> Piece[T]:
        taken, self._held = self._held[:count], self._held[count:]
        begins, self._has_begun = not self._has_begun, True
        return Piece(
            packets=[met.packet for met in taken],
            size=sum(met.size for met in taken),
            wanted_s=wanted_s,
            begins=begins,
        )


class Scenes:
    """Tells a change of scene from movement."""

    def __init__(self) -> None:
        self._before: luma.Thumb | None = None
        self._usual = 0.0  # how much frames differ within a scene

    def is_change(self, now: luma.Thumb) -> bool:
        """Whether this frame begins another scene than the one before it."""
        before, self._before = self._before, now
        if before is None or before.shape != now.shape:
            return True
        step = float(np.abs(now - before).mean())
        is_change = step > max(_SCENE_STEP, _SCENE_TIMES * self._usual)
        self._usual += 0.1 * (min(step, 2 * _SCENE_STEP) - self._usual)
        return is_change

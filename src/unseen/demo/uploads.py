"""Uploads over HTTP, a few at a time, and what became of them."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import httpx

from unseen.base import NodeError
from unseen.demo.edits import Copy

_AT_ONCE: Final = 2
_TIMEOUT_S: Final = 60.0
_ASK_EVERY_S: Final = 0.1
_UNDER_WAY: Final = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said of one upload."""

    kind: str
    verdict: str
    reasons: tuple[str, ...]
    hit_ids: tuple[str, ...]  #: strongest first
    service_ms: float  #: what the service says it spent on it
    round_trip_ms: float
    box: dict[str, float] | None = None  #: the part of it that matched, in shares; None for all of it

    @property
    def is_caught(self) -> bool:
        """Whether it would not simply be published."""
        return self.verdict != "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One row of the table."""

    kind: str
    sent: int
    caught: int
    service_ms: float  #: median
    round_trip_ms: float  #: median

    @classmethod
    def of(cls, kind: str, answers: Sequence[Answer]) -> "Tally":
        """The figures of one kind."""
        return cls(
            kind=kind,
            sent=len(answers),
            caught=sum(answer.is_caught for answer in answers),
            service_ms=median(answer.service_ms for answer in answers),
            round_trip_ms=median(answer.round_trip_ms for answer in answers),
        )


class Platform:
    """A platform that screens its uploads; its token is all that it knows of the node."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_S, trust_env=False
        )

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def screen(self, upload: Copy) -> Answer:
        """Send one upload.  Raises: NodeError where the service does not answer as it should."""
        started = time.perf_counter()
        answer = self._post("/v1/screen?timing=true", content=upload.content, media="application/octet-stream")
        return Answer(
            kind=upload.kind,
            verdict=answer["verdict"],
            reasons=tuple(answer["reasons"]),
            hit_ids=tuple(hit["id"] for hit in answer["hits"]),
            box=next((hit["box"] for hit in answer["hits"] if hit["box"]), None),
            service_ms=answer["timing_ms"]["total"],
            round_trip_ms=(time.perf_counter() - started) * 1e3,
        )

    def screen_all(self, uploads: Sequence[Copy], on_answer: Callable[[], None]) -> list[Answer]:
        """Send them all, a few at a time; the answers are in their order."""

        def send(upload: Copy) -> Answer:
            answer = self.screen(upload)
            on_answer()
            return answer

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(send, uploads))

    def screen_video(self, content: bytes) -> Answer:
        """Send a video, and ask until it is answered.  Raises: NodeError, also where it takes too long."""
        started = time.perf_counter()
        job = self._post("/v1/screen", content=content, media="video/mp4")
        while job["state"] in _UNDER_WAY:
            if time.perf_counter() - started > _TIMEOUT_S:
                raise NodeError("The service takes too long over a video.")
            time.sleep(_ASK_EVERY_S)
            job = self._answered(self._http.build_request("GET", f"/v1/jobs/{job['id']}"))
        if job["answer"] is None:
            raise NodeError(f"The service could not look at a video: {job['state']}.")
        taken_ms = (time.perf_counter() - started) * 1e3
        return Answer(
            kind="video",
            verdict=job["answer"]["verdict"],
            reasons=tuple(job["answer"]["reasons"]),
            hit_ids=tuple(hit["id"] for hit in job["answer"]["hits"]),
            service_ms=taken_ms,
            round_trip_ms=taken_ms,
        )

    def confirm(self, hit_id: str) -> None:
        """A reviewer's word: it is the protected picture."""
        self._post(
            f"/v1/hits/{hit_id}/decision",
            content=b'{"decision": "confirmed", "done": "removed"}',
            media="application/json",
        )

    def _post(self, path: str, *, content: bytes, media: str) -> dict[str, Any]:
        return self._answered(self._http.build_request("POST", path, content=content, headers={"Content-Type": media}))

    def _answered(self, request: httpx.Request) -> dict[str, Any]:
        try:
            answer = self._http.send(request)
        except httpx.HTTPError as error:
            raise NodeError(f"The service does not answer ({type(error).__name__}).") from None
        if not answer.is_success:
            raise NodeError(f"The service answered {answer.status_code}: {answer.text}")
        data: dict[str, Any] = answer.json()
        return data


def tallies(answers: Sequence[Answer]) -> list[Tally]:
    """One row for each kind, in the order in which they were sent."""
    kinds = dict.fromkeys(answer.kind for answer in answers)
    return [Tally.of(kind, [answer for answer in answers if answer.kind == kind]) for kind in kinds]

"""Videos over HTTP: a job, asked about from anywhere, cancelled, and sent again after a restart."""

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.films import HEIGHT, WIDTH, video
from support.pictures import draw, saved
from support.service import LiveService, memory_node, running, wait_until
from support.stores import Flaky
from unseen.desk.jobs import SILENT_S, Job, JobState, end_job
from unseen.desk.look_at_video import OnProgress
from unseen.desk.tokens import Scope
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.sources import BytesSource
from unseen.fingerprint.video.to_bank import to_bank
from unseen.http.spool import CHUNK_BYTES, SealedFile
from unseen.store import MemoryStore

STATEMENTS = {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"}
HERS = range(100, 110)


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service that protects one video, and lets a client have two under way."""
    folder = tmp_path_factory.mktemp("filming")
    with memory_node(folder, video_jobs_a_client=2, max_bytes=1 << 20) as node, running(node) as service:
        fingerprints = to_bank(fingerprint_video(BytesSource(video(HERS)), decoder=node.videos))
        item = {"fingerprints": [{"kind": f.kind, "code": f.hex, "quality": f.quality} for f in fingerprints]}
        opened = service.client(Scope.CASE).post("/v1/cases", json={"statements": STATEMENTS, "items": [item]})
        assert opened.status_code == 201, opened.text
        yield service


@pytest.fixture(scope="module")
def forum(filming: LiveService) -> httpx.Client:
    return filming.client(Scope.SCREEN, name="forum")


def sent(client: httpx.Client, data: bytes, media: str = "video/mp4", **params: str) -> dict[str, Any]:
    response = client.post("/v1/screen", content=data, headers={"Content-Type": media}, params=params)
    assert response.status_code == 202, response.text
    job: dict[str, Any] = response.json()
    assert response.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert int(response.headers["Retry-After"]) > 0
    return job


def ended(client: httpx.Client, job: dict[str, Any], within_s: float = 60.0) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while True:
        answer: dict[str, Any] = client.get(f"/v1/jobs/{job['id']}").json()
        if answer["state"] not in {"queued", "running"}:
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def test_a_clip_in_a_long_video_is_answered_with_its_seconds(forum: httpx.Client) -> None:
    upload = video([*range(10), *HERS[2:8], *range(20, 26)])
    job = ended(forum, sent(forum, upload, place="room 12"))
    assert (job["state"], job["progress"], job["error"], job["note"]) == ("done", 1.0, None, None)
    answer = job["answer"]
    assert answer["verdict"] == "review"
    (hit,) = answer["hits"]
    assert (hit["matched"], hit["view"], hit["standing"]) == ("segment", "upright", "unconfirmed")
    (segment,) = hit["segments"]
    assert segment["upload_s"] == pytest.approx([10, 15.5], abs=0.6)
    assert segment["item_s"] == pytest.approx([2, 7.5], abs=0.6)
    (reason,) = answer["reasons"]
    assert "of the upload are seconds 2 to" in reason


def test_an_innocent_video_is_allowed(forum: httpx.Client) -> None:
    job = ended(forum, sent(forum, video(range(500, 508))))
    assert (job["answer"]["verdict"], job["answer"]["hits"]) == ("allow", [])


@pytest.mark.parametrize("media", ["application/octet-stream", "image/gif", "form"])
def test_a_video_is_known_whatever_it_is_said_to_be(forum: httpx.Client, media: str) -> None:
    data = video(range(600, 603))
    if media == "form":
        response = forum.post("/v1/screen", files={"file": ("clip.jpg", data)})
        assert response.status_code == 202
        job = response.json()
    else:
        job = sent(forum, data, media)
    assert ended(forum, job)["answer"]["verdict"] == "allow"


def test_a_still_of_a_banked_video_is_found_as_a_picture(filming: LiveService, forum: httpx.Client) -> None:
    answer = forum.post("/v1/screen", files={"file": ("still.png", saved(draw(WIDTH, HEIGHT, HERS[4]), "PNG"))}).json()
    (hit,) = answer["hits"]
    assert (answer["verdict"], hit["matched"], hit["segments"][0]["upload_s"]) == ("review", "picture", None)
    assert hit["segments"][0]["item_s"] == pytest.approx([4, 4], abs=0.3)
    assert "second 4 of the item" in answer["reasons"][0]


def test_a_decision_on_a_video_s_hit_counts(forum: httpx.Client) -> None:
    upload = video([*range(7), *HERS[5:9]])
    (hit,) = ended(forum, sent(forum, upload))["answer"]["hits"]
    decided = forum.post(f"/v1/hits/{hit['id']}/decision", json={"decision": "confirmed", "done": "removed"})
    assert decided.status_code == 200
    assert ended(forum, sent(forum, upload))["answer"]["verdict"] == "block"


def test_what_is_no_video_is_refused_at_once(forum: httpx.Client, filming: LiveService) -> None:
    def refused(data: bytes) -> dict[str, Any]:
        response = forum.post("/v1/screen", content=data, headers={"Content-Type": "video/mp4"})
        assert response.status_code == 422
        error: dict[str, Any] = response.json()["error"]
        return error

    assert refused(b"not a video" * 1000)["code"] == "bad_media"
    assert refused(os.urandom(3 << 20))["code"] == "bad_media"
    wait_until(lambda: filming.app.state.service.videos.inside == 0)


def test_a_broken_video_fails_with_the_reason(forum: httpx.Client) -> None:
    job = ended(forum, sent(forum, video(range(3))[:200] + bytes(5000)))
    assert (job["state"], job["answer"], job["error"]["code"]) == ("failed", None, "bad_media")


def test_a_video_longer_than_a_picture_may_be_is_taken(forum: httpx.Client, filming: LiveService) -> None:
    data = video(range(4))
    padded = data + (5 << 20).to_bytes(4, "big") + b"free" + os.urandom((5 << 20) - 8)
    assert len(padded) > filming.node.config.max_bytes
    for media in ("video/mp4", "application/octet-stream"):
        assert ended(forum, sent(forum, padded, media))["state"] == "done"
    form = forum.post("/v1/screen", files={"file": ("clip.mp4", padded)})
    assert form.status_code == 413


def test_nobody_else_is_told_of_a_job(filming: LiveService, forum: httpx.Client) -> None:
    job = sent(forum, video(range(2)))
    other = filming.client(Scope.SCREEN, name="elsewhere")
    assert other.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert other.delete(f"/v1/jobs/{job['id']}").status_code == 404
    assert ended(forum, job)["state"] == "done"
    assert forum.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert forum.get(f"/v1/jobs/{job['id']}").status_code == 404


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Videos are looked at until this is called."""
    is_over = False

    def slowly(*_: object, on_progress: OnProgress, **more: Any) -> Any:
        while not is_over:
            on_progress(0.25)
            time.sleep(0.01)
        return look_up_video(*_, on_progress=on_progress, **more)

    from unseen.desk.look_at_video import look_up_video

    monkeypatch.setattr("unseen.http.jobs.look_up_video", slowly)

    def go_on() -> None:
        nonlocal is_over
        is_over = True

    return go_on


def test_a_job_is_told_of_while_it_runs_and_ends_when_it_is_cancelled(
    filming: LiveService, forum: httpx.Client, held: Callable[[], None]
) -> None:
    first, second = sent(forum, video(range(2))), sent(forum, video(range(2)))
    third = forum.post("/v1/screen", content=video(range(2)), headers={"Content-Type": "video/mp4"})
    assert (third.status_code, third.json()["error"]["code"]) == (429, "too_many_jobs")
    assert "Retry-After" in third.headers

    def state(job: dict[str, Any]) -> tuple[str, float]:
        answer = forum.get(f"/v1/jobs/{job['id']}").json()
        return answer["state"], answer["progress"]

    wait_until(lambda: state(first) == ("running", 0.25), within_s=20)
    assert state(second)[0] == "queued"
    for job in (first, second):
        assert forum.delete(f"/v1/jobs/{job['id']}").status_code == 204
        assert forum.get(f"/v1/jobs/{job['id']}").json()["state"] == "cancelled"
    wait_until(lambda: filming.app.state.service.videos.inside == 0, within_s=20)
    held()
    assert ended(forum, sent(forum, video(range(2))))["state"] == "done"


def test_after_a_restart_a_job_says_to_send_it_again(tmp_path: Path, held: Callable[[], None]) -> None:
    store = MemoryStore()
    with memory_node(tmp_path, store=store) as node:
        with running(node) as service:
            secret = service.client(Scope.SCREEN, name="forum")
            job = sent(secret, video(range(2)))
            authorization = secret.headers["Authorization"]
        with running(node) as service:
            client = service.client()
            client.headers["Authorization"] = authorization
            answer = client.get(f"/v1/jobs/{job['id']}").json()
    assert answer["state"] == "interrupted"
    assert answer["note"].startswith("INTERRUPTED: send again")
    held()


def test_a_job_whose_worker_is_silent_reads_as_interrupted(filming: LiveService, forum: httpx.Client) -> None:
    now = filming.node.clock.now()
    job = Job(id="0" * 26, owner="forum", state=JobState.RUNNING, begun_at=now, seen_at=now)
    with filming.node.store.write() as tx:
        tx.put_job(job)
    assert forum.get(f"/v1/jobs/{job.id}").json()["state"] == "running"
    with filming.node.store.write() as tx:
        tx.drop_job(job.id)
        tx.put_job(dataclasses.replace(job, seen_at=now - timedelta(seconds=SILENT_S + 1)))
    assert forum.get(f"/v1/jobs/{job.id}").json()["state"] == "interrupted"


def test_while_the_store_is_away_a_video_is_refused_or_its_job_ends_as_failed(
    tmp_path: Path, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, tries = Flaky(), list[str]()

    def end(job_id: str, *state: Any, **more: Any) -> None:
        tries.append(job_id)
        end_job(job_id, *state, **more)

    monkeypatch.setattr("unseen.http.jobs.end_job", end)
    with memory_node(tmp_path, store=store) as node, running(node) as service:
        forum = service.client(Scope.SCREEN, name="forum")
        job = sent(forum, video(range(2)))
        wait_until(lambda: forum.get(f"/v1/jobs/{job['id']}").json()["state"] == "running", within_s=20)
        store.is_away = True
        refused = forum.post("/v1/screen", content=video(range(2)), headers={"Content-Type": "video/mp4"})
        asked = forum.get(f"/v1/jobs/{job['id']}")
        held()
        wait_until(lambda: job["id"] in tries, within_s=20)
        store.is_away = False
        told = ended(forum, job)
        assert ended(forum, sent(forum, video(range(2))))["state"] == "done"
    assert (refused.status_code, asked.status_code) == (503, 503)
    assert (told["state"], told["answer"], told["error"]["code"]) == ("failed", None, "store_unavailable")


def test_a_store_that_was_away_or_full_for_long_interrupts_no_job(
    tmp_path: Path, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unseen.desk.jobs.SILENT_S", 1.0)
    monkeypatch.setattr("unseen.http.jobs.BEAT_S", 0.2)
    store = Flaky()
    with memory_node(tmp_path, store=store) as node, running(node) as service:
        forum = service.client(Scope.SCREEN, name="forum")

        def state(job_id: str) -> str:
            return str(forum.get(f"/v1/jobs/{job_id}").json()["state"])

        here = sent(forum, video(range(2)))["id"]
        wait_until(lambda: state(here) == "running", within_s=20)
        store.is_full = True
        time.sleep(1.5)
        assert state(here) == "running"
        store.is_full = False
        now = node.clock.now()
        elsewhere = Job(id="0" * 26, owner="forum", state=JobState.RUNNING, begun_at=now, seen_at=now)
        with store.write() as tx:
            tx.put_job(elsewhere)
        store.is_away = True
        time.sleep(1.5)
        store.is_away = False
        assert (state(here), state(elsewhere.id)) == ("running", "running")
        wait_until(lambda: state(elsewhere.id) == "interrupted", within_s=5)
        held()
        assert ended(forum, {"id": here})["state"] == "done"


def test_a_sealed_upload_reads_as_it_was_and_is_noise_on_disk(tmp_path: Path) -> None:
    data = os.urandom(100) * 3000
    with SealedFile(tmp_path) as file:
        for at in range(0, len(data), 70_001):
            file.write(data[at : at + 70_001])
        file.finish()
        assert list(tmp_path.iterdir()) == []
        assert file.size == len(data)
        for offset, size in (
            (0, len(data)),
            (CHUNK_BYTES - 1, 2),
            (CHUNK_BYTES, 5),
            (len(data) - 3, 9),
            (len(data), 9),
        ):
            assert file.read_at(offset, size) == data[offset : offset + size]
        on_disk = os.pread(file._file.fileno(), 1 << 20, 0)
    assert len(on_disk) > len(data)
    assert all(data[at : at + 8] not in on_disk for at in range(100))

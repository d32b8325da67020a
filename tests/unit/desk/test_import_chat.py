"""An export comes into a pack: nothing twice, nothing lost, media looked at and not kept."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.imports import Hasher, MemoryLog, written
from support.pictures import LIMITS, draw, saved
from support.telegram import Part, Sent, Talk, as_json
from support.videos import encoded, scene
from unseen.base import SystemClock
from unseen.desk.case_items import CaseItems
from unseen.desk.examine_media import MediaExaminer
from unseen.desk.import_chat import Imported, import_chat
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.telegram_json import read_telegram_json
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.sources import BytesSource
from unseen.fingerprint.video.to_bank import to_bank

AT_S = 1_710_248_645
TALK = Talk(messages=[Sent(id=n, at_s=AT_S + n, parts=(Part(text=f"line {n}"),)) for n in range(1, 1201)])


class Killed(Exception):
    """The process ends here."""


def bring(folder: Path, log: MemoryLog, *, examiner: object | None = None, stop_after: int | None = None) -> Imported:
    files = FolderFiles(folder)

    def progress(done: Imported) -> None:
        if stop_after is not None and len(log.batches) == stop_after:
            raise Killed

    read = read_telegram_json(files, "result.json")
    return import_chat(
        read, files, log=log, examiner=examiner or Hasher(), clock=SystemClock(), on_progress=progress, batch_rows=500
    )  # type: ignore[arg-type]


def test_rows_come_in_the_exports_order(tmp_path: Path) -> None:
    log = MemoryLog()
    done = bring(written(tmp_path, {"result.json": as_json(TALK)}), log)
    assert (done.added, done.known, done.chats) == (1200, 0, 1)
    assert [row["number"] for row in log.rows()] == [str(n) for n in range(1, 1201)]
    assert len(log.batches) > 1


def test_a_second_import_adds_only_what_is_new(tmp_path: Path) -> None:
    log = MemoryLog()
    bring(written(tmp_path, {"result.json": as_json(TALK)}), log)
    grown = replace(TALK, messages=[*TALK.messages, Sent(id=1201, at_s=AT_S + 5000)])
    done = bring(written(tmp_path, {"result.json": as_json(grown)}), log)
    assert (done.added, done.known, done.changed) == (1, 1200, 0)
    assert [row["number"] for row in log.rows()] == [str(n) for n in range(1, 1202)]
    assert len(log.rows("chat")) == 1


def test_a_message_that_an_export_has_twice_is_one_row(tmp_path: Path) -> None:
    log, twice = MemoryLog(), Sent(id=1, at_s=AT_S)
    done = bring(written(tmp_path, {"result.json": as_json(Talk(messages=[twice, twice]))}), log)
    assert (done.added, done.known, len(log.rows())) == (1, 1, 1)


def test_an_import_that_was_killed_goes_on_and_loses_and_repeats_nothing(tmp_path: Path) -> None:
    log = MemoryLog()
    written(tmp_path, {"result.json": as_json(TALK)})
    with pytest.raises(Killed):
        bring(tmp_path, log, stop_after=1)
    before = len(log.rows())
    assert 0 < before < 1200
    done = bring(tmp_path, log)
    assert (done.known, done.added) == (before, 1200 - before)
    assert [row["number"] for row in log.rows()] == [str(n) for n in range(1, 1201)]


def test_a_message_that_says_something_else_now_stands_beside_what_it_said(tmp_path: Path) -> None:
    log = MemoryLog()
    first = Sent(id=1, at_s=AT_S, parts=(Part(text="I will post it"),))
    bring(written(tmp_path, {"result.json": as_json(Talk(messages=[first]))}), log)
    edited = replace(first, parts=(Part(text="I would never"),), edited_s=AT_S + 60)
    done = bring(written(tmp_path, {"result.json": as_json(Talk(messages=[edited]))}), log)
    assert (done.added, done.changed) == (1, 1)
    assert [row["text"] for row in log.rows()] == ["I will post it", "I would never"]
    assert len({row["identity"] for row in log.rows()}) == 1


def test_a_picture_that_an_earlier_export_left_out_is_looked_at_when_it_is_there(tmp_path: Path) -> None:
    log, hasher = MemoryLog(), Hasher()
    export = {"result.json": as_json(Talk(messages=[Sent(id=1, at_s=AT_S, photo="photos/a.jpg")]))}
    assert bring(written(tmp_path, export), log, examiner=hasher).absent == 1
    done = bring(written(tmp_path, {"photos/a.jpg": b"12345"}), log, examiner=hasher)
    assert (done.changed, done.media, done.media_bytes) == (1, 1, 5)
    assert bring(tmp_path, log, examiner=hasher).added == 0
    assert hasher.asked == ["photos/a.jpg"]


def test_media_leave_digests_and_no_byte_of_themselves(tmp_path: Path) -> None:
    log, secret = MemoryLog(), b"these very bytes"
    export = {
        "result.json": as_json(Talk(messages=[Sent(id=1, at_s=AT_S, file="files/a.bin")])),
        "files/a.bin": secret,
    }
    bring(written(tmp_path, export), log)
    (media,) = log.rows()[0]["media"]
    assert (media["remains"]["size"], len(media["remains"]["sha256"])) == (len(secret), 64)
    assert not any(secret in line for line in log.lines())


def test_a_picture_that_is_spelled_out_in_a_message_does_not_come_in(tmp_path: Path) -> None:
    log, spelled = MemoryLog(), base64.b64encode(saved(draw(64, 48), "JPEG")).decode()
    parts = (Part(text="here: "), Part(kind="code", text=spelled))
    bring(written(tmp_path, {"result.json": as_json(Talk(messages=[Sent(id=1, at_s=AT_S, parts=parts)]))}), log)
    assert not any(spelled[64:128].encode() in line for line in log.lines())
    assert log.rows()[0]["text"].startswith("here: [")


def test_a_file_that_went_away_meanwhile_is_said_and_the_row_stays(tmp_path: Path) -> None:
    log = MemoryLog()
    photo = Sent(id=1, at_s=AT_S, photo="photos/a.jpg")
    files = FolderFiles(written(tmp_path, {"result.json": as_json(Talk(messages=[photo])), "photos/a.jpg": b"1"}))
    (tmp_path / "photos" / "a.jpg").unlink()
    done = import_chat(read_telegram_json(files, "result.json"), files, log=log, examiner=Hasher(), clock=SystemClock())
    assert done.added == 1
    assert sum(done.irregularities.values()) == 1
    assert "cannot be read" in log.rows()[0]["media"][0]["remains"]["says"]


def test_times_that_cannot_be_right_are_counted_and_kept(tmp_path: Path) -> None:
    log = MemoryLog()
    talk = Talk(messages=[Sent(id=1, at_s=AT_S), Sent(id=2, at_s=4_000_000_000), Sent(id=3, at_s=1)])
    done = bring(written(tmp_path, {"result.json": as_json(talk)}), log)
    assert done.added == 3
    assert log.rows()[1]["when"]["at"].startswith("2096-")
    (row,) = log.rows("irregularity")
    assert (row["trouble"], row["says"].split()[0]) == ("clock", "2")


@pytest.fixture(scope="module")
def pools() -> Iterator[tuple[DecoderPool, VideoDecoder]]:
    with DecoderPool(LIMITS) as pictures, VideoDecoder(VideoLimits()) as videos:
        yield pictures, videos


def test_the_table_says_which_message_carries_a_copy_of_which_item(
    tmp_path: Path, pools: tuple[DecoderPool, VideoDecoder]
) -> None:
    pictures, videos = pools
    mine, other = draw(640, 480, seed=3), draw(640, 480, seed=4)
    frames = [frame for seed in (11, 12, 13) for frame in scene(seed, 25)]
    film = encoded(frames)
    export = {
        "result.json": as_json(
            Talk(
                messages=[
                    Sent(id=8811, at_s=AT_S, photo="photos/1.jpg"),
                    Sent(id=8812, at_s=AT_S, photo="photos/2.jpg"),
                    Sent(id=8813, at_s=AT_S, file="files/3.png"),
                    Sent(id=8814, at_s=AT_S, file="video_files/4.mp4", media_type="video_file"),
                    Sent(id=8815, at_s=AT_S, file="files/5.txt"),
                ]
            )
        ),
        "photos/1.jpg": saved(other, "JPEG"),
        "photos/2.jpg": saved(mine.resize((320, 240)), "JPEG", quality=60),
        "files/3.png": saved(mine, "PNG"),
        "video_files/4.mp4": encoded(frames, codec="mpeg4"),
        "files/5.txt": b"a note",
    }
    banked = fingerprint_picture(saved(mine, "PNG"), limits=LIMITS, decoder=pictures).to_bank
    banked_film = to_bank(fingerprint_video(BytesSource(film), decoder=videos))
    items = CaseItems([*((3, f) for f in banked), *((4, f) for f in banked_film)])
    examiner = MediaExaminer(items, limits=LIMITS, decoder=pictures, videos=videos)
    log = MemoryLog()
    done = bring(written(tmp_path, export), log, examiner=examiner)
    assert [(number, item) for number, item, _ in done.copies] == [("8812", 3), ("8813", 3), ("8814", 4)]
    remains = {row["number"]: row["media"][0]["remains"] for row in log.rows()}
    assert remains["8813"]["copies"] == [{"item": 3, "how": "the same file"}]
    assert remains["8812"]["copies"][0]["how"] == "the same picture"
    assert remains["8812"]["fingerprints"][0]["kind"] == "pdq"
    assert remains["8814"]["media_type"] == "video/mp4"
    assert "fingerprints" not in remains["8815"]


def test_a_picture_that_cannot_be_decoded_keeps_its_digests_and_says_why(
    tmp_path: Path, pools: tuple[DecoderPool, VideoDecoder]
) -> None:
    export = {
        "result.json": as_json(Talk(messages=[Sent(id=1, at_s=AT_S, photo="photos/1.jpg")])),
        "photos/1.jpg": b"\xff\xd8\xff\xe0 not really",
    }
    log = MemoryLog()
    examiner = MediaExaminer(CaseItems([]), limits=LIMITS, decoder=pools[0], videos=pools[1])
    assert bring(written(tmp_path, export), log, examiner=examiner).media == 1
    remains = log.rows()[0]["media"][0]["remains"]
    assert len(remains["sha256"]) == 64
    assert "JPEG" in remains["says"]

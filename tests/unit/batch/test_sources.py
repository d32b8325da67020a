"""What is an object, what is in trouble, and what is left out."""

import os
from pathlib import Path
from typing import Any

import fsspec
import pytest

from unseen.base import BadRequest, NotFound
from unseen.batch.sources import Listed, ReadFailure, Source, sources_of
from unseen.desk.scan_ports import UNKNOWN_BYTES, Trouble


def listed(source: object) -> list[Listed]:
    return list(Source(str(source)).objects())


def names(source: object) -> list[str]:
    return [os.fsdecode(each.key) for each in listed(source)]


def file(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_everything_below_a_folder_is_listed_by_name(uploads: Path) -> None:
    wanted = [file(uploads / name) for name in ("b.jpg", "z.jpg", "a/c.jpg", "a/deep/d.jpg", "m/e.jpg")]
    assert names(uploads) == [str(path) for path in wanted]
    assert {each.size for each in listed(uploads)} == {1}


def test_links_and_what_is_no_file_are_left_out(uploads: Path, tmp_path: Path) -> None:
    kept = file(uploads / "a" / "kept.jpg")
    (uploads / "a" / "round").symlink_to(uploads, target_is_directory=True)
    (uploads / "out.jpg").symlink_to(file(tmp_path / "outside.jpg"))
    os.mkfifo(uploads / "pipe.jpg")
    assert names(uploads) == [str(kept)]


def test_a_name_that_is_no_text_is_a_key_like_any_other(uploads: Path) -> None:
    path = os.fsencode(uploads) + b"/\xff\xfe.jpg"
    Path(os.fsdecode(path)).write_bytes(b"x")
    (only,) = listed(uploads)
    assert only.key == path
    assert Source(str(uploads)).read(path, 10) == b"x"


def test_a_folder_that_cannot_be_listed_is_told(uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = file(uploads / "seen.jpg")
    closed = file(uploads / "closed" / "unseen.jpg").parent
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if os.fsdecode(path) == str(closed):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert listed(uploads) == [
        Listed(key=os.fsencode(seen), size=1),
        Listed(key=os.fsencode(closed) + b"/", size=UNKNOWN_BYTES, trouble=Trouble.UNLISTED),
    ]


def test_no_object_is_named_twice(uploads: Path) -> None:
    file(uploads / "a" / "one.jpg")
    file(uploads / "ab" / "two.jpg")
    spelled = [uploads / "a", uploads, f"file://{uploads}/ab", uploads / "a" / ".." / "ab"]
    assert [source.url for source in sources_of([str(path) for path in spelled])] == [str(uploads)]
    both = sources_of([str(uploads / "a"), str(uploads / "ab")])
    assert len(both) == 2, "a folder whose name begins like another's does not lie in it"


def test_a_source_must_be_there() -> None:
    with pytest.raises(NotFound):
        listed("/nowhere/at/all")
    with pytest.raises(NotFound):
        listed("memory://nowhere")


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(BadRequest, match=r"s3|unknown"):
        Source("s3://bucket/folder")
    with pytest.raises(BadRequest, match="not understood"):
        Source("nosuchthing://bucket")


@pytest.mark.parametrize(("size", "fits"), [(10, True), (11, False)])
def test_no_more_than_the_limit_is_read(uploads: Path, size: int, fits: bool) -> None:
    path = file(uploads / "x.jpg", b"x" * size)
    if fits:
        assert Source(str(uploads)).read(os.fsencode(path), 10) == b"x" * 10
    else:
        with pytest.raises(ReadFailure) as failure:
            Source(str(uploads)).read(os.fsencode(path), 10)
        assert failure.value.trouble is Trouble.TOO_LARGE


def trouble_of(source: Path, path: Path) -> Trouble:
    with pytest.raises(ReadFailure) as failure:
        Source(str(source)).read(os.fsencode(path), 10)
    assert path.name not in failure.value.message, "messages travel further than keys"
    return failure.value.trouble


def test_what_took_the_place_of_a_file_is_not_read(uploads: Path, tmp_path: Path) -> None:
    secret = file(tmp_path / "secret")
    (uploads / "link.jpg").symlink_to(secret)
    os.mkfifo(uploads / "pipe.jpg")
    (uploads / "folder.jpg").mkdir()
    assert trouble_of(uploads, uploads / "gone.jpg") is Trouble.VANISHED
    for name in ("link.jpg", "pipe.jpg", "folder.jpg"):
        assert trouble_of(uploads, uploads / name) is Trouble.UNREADABLE


class TestObjectStore:
    @pytest.fixture(autouse=True)
    def bucket(self) -> Any:
        fs = fsspec.filesystem("memory")
        fs.pipe({"/bucket/a/1.jpg": b"one", "/bucket/2.jpg": b"two"})
        yield fs
        fs.rm("/bucket", recursive=True)

    def test_objects_are_listed_and_read_by_their_url(self) -> None:
        assert names("memory://bucket") == ["memory:///bucket/2.jpg", "memory:///bucket/a/1.jpg"]
        assert Source("memory://bucket").read(b"memory:///bucket/a/1.jpg", 10) == b"one"
        assert names("memory://bucket/2.jpg") == ["memory:///bucket/2.jpg"]

    def test_what_is_gone_or_fails_is_told(self, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        source = Source("memory://bucket")
        with pytest.raises(ReadFailure) as gone:
            source.read(b"memory:///bucket/3.jpg", 10)
        assert gone.value.trouble is Trouble.VANISHED

        def fail(*_: Any, **__: Any) -> bytes:
            raise RuntimeError("client library says something with /bucket/2.jpg in it")

        monkeypatch.setattr(type(bucket), "cat_file", fail)
        with pytest.raises(ReadFailure) as failed:
            source.read(b"memory:///bucket/2.jpg", 10)
        assert (failed.value.trouble, failed.value.message) == (Trouble.UNREADABLE, "cannot be read (RuntimeError).")

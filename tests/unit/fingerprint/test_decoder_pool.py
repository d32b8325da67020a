"""Decoders run where they can be killed: a hang, a crash or a flood costs one picture, never the node."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from support.machine import Machine
from support.pictures import draw, saved
from unseen.base import BadMedia, NodeError
from unseen.fingerprint import decoder_pool
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.formats import Format
from unseen.fingerprint.limits import Limits

WEBP = saved(draw(64, 48), "WEBP")
PATIENT = Limits(timeout_s=60)  # for what a machine that stands still must not make fail


def workers_of(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if is_decoder(child)]


def is_decoder(process: psutil.Process) -> bool:
    try:
        return "unseen.fingerprint.decoder_worker" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def only_worker(besides: set[int]) -> psutil.Process:
    (worker,) = (each for each in workers_of(os.getpid()) if each.pid not in besides)
    return worker


@pytest.fixture
def others() -> set[int]:
    """Workers of other tests' pools."""
    return {worker.pid for worker in workers_of(os.getpid())}


def eventually(holds: Callable[[], bool], within_s: float = 60.0) -> bool:
    deadline = time.monotonic() + within_s
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def test_nothing_runs_before_the_first_picture_or_after_the_end(others: set[int]) -> None:
    with DecoderPool(PATIENT) as pool:
        assert {worker.pid for worker in workers_of(os.getpid())} == others
        pool.decode(WEBP, Format.WEBP)
        worker = only_worker(others)
    assert not worker.is_running()
    with pytest.raises(NodeError, match="closing down"):
        pool.decode(WEBP, Format.WEBP)
    pool.close()


def test_a_worker_that_hangs_is_killed_and_replaced(
    others: set[int], monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    with DecoderPool(PATIENT) as pool:
        pool.decode(WEBP, Format.WEBP)
        worker = only_worker(others)
        worker.suspend()
        with monkeypatch.context() as patched, machine.timed() as taken:
            patched.setattr(pool, "_limits", Limits(timeout_s=0.4))
            with pytest.raises(BadMedia, match=r"WEBP that takes longer than 0\.4 s to decode"):
                pool.decode(WEBP, Format.WEBP)
        assert taken.waking_s < 3
        assert not worker.is_running()
        assert pool.decode(WEBP, Format.WEBP).width == 64


def test_a_worker_killed_between_pictures_is_replaced_unnoticed(others: set[int]) -> None:
    with DecoderPool(PATIENT) as pool:
        pool.decode(WEBP, Format.WEBP)
        worker = only_worker(others)
        worker.kill()
        assert pool.decode(WEBP, Format.WEBP).width == 64
        assert only_worker(others).pid != worker.pid


def test_a_picture_whose_worker_dies_under_it_is_tried_again(others: set[int]) -> None:
    with DecoderPool(PATIENT) as pool:
        pool.decode(WEBP, Format.WEBP)
        worker = only_worker(others)
        worker.suspend()
        threading.Timer(0.2, worker.kill).start()
        assert pool.decode(WEBP, Format.WEBP).width == 64


def test_a_picture_that_crashes_every_worker_is_refused(monkeypatch: pytest.MonkeyPatch, others: set[int]) -> None:
    def crash(*_: object) -> None:
        worker = only_worker(others)
        worker.send_signal(signal.SIGSEGV)
        worker.wait()
        raise decoder_pool.Died

    with DecoderPool(PATIENT) as pool:
        with monkeypatch.context() as patched:
            patched.setattr(decoder_pool._Worker, "decode", crash)
            with pytest.raises(BadMedia, match="WEBP data that makes the decoder fail"):
                pool.decode(WEBP, Format.WEBP)
        assert pool.decode(WEBP, Format.WEBP).width == 64


def test_an_interrupted_answer_is_not_read_as_the_next_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with DecoderPool(PATIENT) as pool:
        pool.decode(WEBP, Format.WEBP)
        with monkeypatch.context() as patched:
            patched.setattr(decoder_pool._Worker, "receive", interrupt)
            with pytest.raises(KeyboardInterrupt):
                pool.decode(WEBP, Format.WEBP)
        assert pool.decode(saved(draw(80, 60), "GIF"), Format.GIF).width == 80


class RoomyLimits(Limits):
    """Limits that leave it to the process's own memory limit to refuse a picture."""

    @property
    def max_decoded_pixels(self) -> int:
        return 10**9


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps the address space of a process")
def test_a_worker_has_no_more_memory_than_the_limit() -> None:
    small = saved(draw(64, 48), "GIF")
    huge = small[:6] + (30_000).to_bytes(2, "little") * 2 + small[10:]
    with DecoderPool(RoomyLimits(decoder_memory_bytes=800 * 1024**2, timeout_s=60)) as pool:
        with pytest.raises(BadMedia, match="needs more memory"):
            pool.decode(huge, Format.GIF)
        assert pool.decode(small, Format.GIF).width == 64


def test_many_threads_share_few_workers(others: set[int]) -> None:
    pictures = {width: saved(draw(width, 48), "WEBP") for width in range(40, 72)}
    widths: dict[int, int] = {}
    with DecoderPool(PATIENT, workers=2) as pool:
        threads = [
            threading.Thread(target=lambda w=width: widths.update({w: pool.decode(pictures[w], Format.WEBP).width}))
            for width in pictures
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(workers_of(os.getpid())) - len(others) == 2
    assert widths == {width: width for width in pictures}


def test_a_worker_sees_no_secret_and_no_ctrl_c(monkeypatch: pytest.MonkeyPatch, others: set[int]) -> None:
    monkeypatch.setenv("UNSEEN_PIN_SECRET", "hush")
    with DecoderPool(PATIENT) as pool:
        pool.decode(WEBP, Format.WEBP)
        worker = only_worker(others)
        assert "UNSEEN_PIN_SECRET" not in worker.environ()
        assert os.getsid(worker.pid) != os.getsid(0)
        worker.send_signal(signal.SIGINT)
        pool.decode(WEBP, Format.WEBP)
        assert only_worker(others).pid == worker.pid


SCRIPT = """
    import os, signal, sys, threading, time
    from unseen.fingerprint.decoder_pool import DecoderPool
    from unseen.fingerprint.formats import Format
    from unseen.fingerprint.limits import Limits
    data = bytes.fromhex(sys.argv[1])
    pool = DecoderPool(Limits(timeout_s=60))
    assert pool.decode(data, Format.WEBP).width == 64
"""


def script(more: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(SCRIPT) + textwrap.dedent(more), WEBP.hex()]


def test_workers_end_when_the_node_is_killed() -> None:
    more = """
        print("ready", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(script(more), stdout=subprocess.PIPE) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == b"ready\n"
        (worker,) = workers_of(node.pid)
        node.kill()
    assert eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_process_forked_in_the_middle_of_a_picture_gets_workers_of_its_own() -> None:
    more = """
        lent, forked = threading.Event(), threading.Event()

        def hold():
            with pool._pool.lend():
                lent.set()
                forked.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        lent.wait()
        child = os.fork()
        forked.set()
        if child == 0:
            signal.alarm(120)
            widths = {pool.decode(data, Format.WEBP).width for _ in range(3)}
            pool.close()
            os._exit(0 if widths == {64} else 1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        holder.join()
        assert pool.decode(data, Format.WEBP).width == 64
        pool.close()
    """
    done = subprocess.run(script(more), capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr.decode()


def test_a_worker_that_cannot_start_is_the_nodes_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with DecoderPool(PATIENT) as pool, pytest.raises(NodeError, match="does not start"):
        pool.decode(WEBP, Format.WEBP)
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with DecoderPool(PATIENT) as pool, pytest.raises(NodeError, match="can be started"):
        pool.decode(WEBP, Format.WEBP)

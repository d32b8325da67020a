"""A whole node forgets what was withdrawn: nothing of it is in any file it keeps."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np

from support.node import GOOD, picture
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.forget import forget
from unseen.desk.indexes import Indexes
from unseen.desk.open_case import open_case
from unseen.desk.withdraw_case import withdraw_case
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match.layout import to_words


def traces(folder: Path, fingerprint: Fingerprint) -> list[str]:
    """The files that hold a code in any form that is written: as it is, in hexadecimal, as the index turns it."""
    forms = [fingerprint.code, fingerprint.hex.encode(), fingerprint.hex.upper().encode()]
    if fingerprint.kind is Kind.PDQ:
        forms.append(to_words(np.frombuffer(fingerprint.code, np.uint8).reshape(1, 32)).tobytes())
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(form in file.read_bytes() for form in forms)]


def test_nothing_of_a_withdrawn_case_is_left_on_disk(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with open_node(Config(data_folder=folder)) as node:
        hers = {"store": node.store, "pins": node.pins, "clock": node.clock}
        opened = open_case(GOOD, [picture(0)], random_bits=node.random_bits, **hers)
        open_case(GOOD, [picture(1)], random_bits=node.random_bits, **hers)
        # so that a file is written, and holds her code
        index = Indexes(node.store, folder, region_key=bytes(32), flush_after=2)
        index.open()
        assert [bool(traces(folder, fingerprint)) for fingerprint in picture(0)] == [True, True, True]
        assert set(index.pictures.mapped_files) <= set(traces(folder, picture(0)[2]))
        withdraw_case(opened.case.number, opened.pin, **hers)
        forget(timedelta(0), store=node.store, index=index, clock=node.clock)
        assert [traces(folder, fingerprint) for fingerprint in picture(0)] == [[], [], []]
    assert [traces(folder, fingerprint) for fingerprint in picture(0)] == [[], [], []]
    assert traces(folder, picture(1)[2])
    for root, folders, files in os.walk(folder):
        assert all(Path(root, name).stat().st_mode & 0o777 == 0o700 for name in folders)
        assert all(Path(root, name).stat().st_mode & 0o777 == 0o600 for name in files)
    assert folder.stat().st_mode & 0o777 == 0o700

"""vPDQ's lists are read strictly, and written as vPDQ writes them."""

import numpy as np
import pytest

from unseen.base import BadFingerprint, BadImport
from unseen.fingerprint.video import Frames
from unseen.fingerprint.video.vpdq_lists import read_vpdq, write_vpdq

CODE = "c36558b61263860fbd60ec14af338dd0f3fa0dd6d0d2a30043746d7e1fd333e8"
GOOD = [f"0,100,{CODE},0.000\n", f"30,7,{CODE.upper()},1.001\r\n", f"60,0,{CODE},2.002"]


def test_what_is_written_is_read_again() -> None:
    frames = read_vpdq(GOOD)
    np.testing.assert_array_equal(frames.qualities, [100, 7, 0])
    np.testing.assert_allclose(frames.at_s, [0, 1.001, 2.002])
    assert frames.codes[1].tobytes().hex() == CODE
    lines = list(write_vpdq(frames, rate=30000 / 1001))
    assert lines == [f"0,100,{CODE},0.000\n", f"30,7,{CODE},1.001\n", f"60,0,{CODE},2.002\n"]
    again = read_vpdq(write_vpdq(frames))
    np.testing.assert_array_equal(again.codes, frames.codes)
    assert [line.split(",")[0] for line in write_vpdq(frames)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"1,100,{CODE}", "frame,quality,hash,seconds"),
        (f"1,100,{CODE},2.0,3", "frame,quality,hash,seconds"),
        (f"one,100,{CODE},2.0", "number of the frame"),
        (f"-1,100,{CODE},2.0", "number of the frame"),
        (f"1,101,{CODE},2.0", "quality from 0 to 100"),
        (f"1,,{CODE},2.0", "quality is no whole number"),
        (f"1,100,{CODE[:-1]},2.0", "64 hexadecimal digits"),
        (f"1,100,{CODE[:-1]}g,2.0", "hexadecimal digits only"),
        (f"1,100,{CODE},nan", "seconds are no number"),
        (f"1,100,{CODE},1e9", "seconds are no number"),
        (f"0,100,{CODE},2.0", "ascend"),
        (f"1,100,{CODE},-1", "seconds are no number"),
        ("1," + "9" * 300, "more than 200 characters"),
        ("", "it is empty"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(line: str, says: str) -> None:
    with pytest.raises(BadImport, match=r"^Line 2: .*" + says):
        read_vpdq([GOOD[0], line, GOOD[2]])


def test_a_list_that_goes_back_in_time_or_is_empty_is_refused() -> None:
    with pytest.raises(BadImport, match="Line 2"):
        read_vpdq([f"0,100,{CODE},5.0", f"1,100,{CODE},4.0"])
    with pytest.raises(BadImport, match="no frame"):
        read_vpdq(["\n"])
    assert len(read_vpdq([*GOOD, "\n", "\n"])) == 3


def test_a_list_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unseen.fingerprint.video.vpdq_lists.MOST_FRAMES", 2)
    with pytest.raises(BadImport, match=r"Line 3: .*at most 2 frames"):
        read_vpdq(GOOD)


def test_frames_check_themselves() -> None:
    frames = read_vpdq(GOOD)
    assert CODE not in repr(frames)
    assert len(frames.to_bank) == 1
    with pytest.raises(BadFingerprint, match="ascend"):
        Frames(codes=frames.codes, qualities=frames.qualities, at_s=frames.at_s[::-1].copy())
    with pytest.raises(BadFingerprint, match="quality"):
        Frames(codes=frames.codes, qualities=frames.qualities + np.uint8(101), at_s=frames.at_s)
    with pytest.raises(ValueError, match="codes"):
        Frames(codes=frames.codes[:2], qualities=frames.qualities, at_s=frames.at_s)

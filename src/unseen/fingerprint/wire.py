"""What is said between a node and its decoder processes: frames of fixed fields and plain bytes, never pickle.

A worker says ``READY`` once it can decode.  Then, for each picture, the node sends ``REQUEST`` and the file's bytes,
and the worker answers ``DECODED`` and the luma, or ``REFUSED`` and two texts (what happened, what to do).
"""

import struct
from typing import Final

from unseen.fingerprint.formats import Format

KINDS: Final = tuple(Format)  #: a kind of picture is said by its place here
READY: Final = b"\x01"
ANSWER: Final = struct.Struct(">B")
IS_DECODED: Final = 2
IS_REFUSED: Final = 3

#: kind, max_pixels, long_side, alarm_s, bytes of the file
REQUEST: Final = struct.Struct(">BQIIQ")
#: width, height, luma height, luma width, eighths, orientation
DECODED: Final = struct.Struct(">IIIIBB")
#: bytes of the two texts
REFUSED: Final = struct.Struct(">HH")

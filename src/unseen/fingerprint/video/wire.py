"""What is said between a node and a process that decodes videos: tagged messages of fixed fields, never pickle.

The node opens a video, then asks for one pass after the other.  During a pass the process asks for pieces of the file
(``WANT``), sends frames, and says that it lives (``ALIVE``).  It sends no more frames than the node has given it
credit for (``MORE``), so that a node that stops (``STOP``) waits for a few frames at most.  A pass ends with ``DONE``;
``REFUSED`` ends the video.
"""

import struct
from typing import Final

from unseen.fingerprint.video.formats import VideoFormat

KINDS: Final = tuple(VideoFormat)  #: a kind of video is said by its place here
CREDIT: Final = 8  #: frames that may be on their way

TAG: Final = struct.Struct(">B")

# From the node
OPEN, DATA, MORE, STOP, KEYFRAMES, BETWEEN, SAMPLE, CLOSE = range(1, 9)
#: kind, bytes of the file, max_pixels, max_frames, max_duration_s, threads, long_side, alarm_s
OPENING: Final = struct.Struct(">BQQQdIII")
#: bytes that follow
PIECE: Final = struct.Struct(">I")
#: seconds that keyframes are apart at least
PASS_KEYFRAMES: Final = struct.Struct(">d")
#: first second, last second, seconds from frame to frame at least
PASS_BETWEEN: Final = struct.Struct(">ddd")
#: seconds from one sample to the next
PASS_SAMPLE: Final = struct.Struct(">d")

# From the process
WANT, OPENED, FRAME, DONE, REFUSED, ALIVE = range(1, 7)
#: offset, size
WANTED: Final = struct.Struct(">QI")
#: width, height (as stored), duration_s as the header has it, or 0
HEADER: Final = struct.Struct(">IId")
#: at_s, is_keyframe, width, height, luma height, luma width, eighths, orientation
SHOWN: Final = struct.Struct(">dBIIIIBB")
#: where the video ends, in seconds; 0 where the pass did not learn it
ENDED: Final = struct.Struct(">d")
#: bytes of the two texts
TEXTS: Final = struct.Struct(">HH")

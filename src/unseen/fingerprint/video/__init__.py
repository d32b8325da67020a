"""Videos to fingerprints: frames sampled by time, each with PDQ, quality and second; files in, records out.

Containers and codecs are read in a killable process only (``session`` here, ``worker`` there); nothing here keeps,
sends or logs a frame.  Start with ``records`` for the words, then ``reader``, which opens a video and gives its
frames as they are asked for, and ``fingerprint``, which makes what is banked.  Only the records are re-exported.
"""

from unseen.fingerprint.video.records import Frames, VideoFingerprint, VideoFrame

__all__ = ["Frames", "VideoFingerprint", "VideoFrame"]

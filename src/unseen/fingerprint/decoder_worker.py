"""One decoder process: reads pictures from its standard input, answers with luma or a refusal, dies when told.

Run by ``decoder_pool`` as ``python -m unseen.fingerprint.decoder_worker MEMORY_BYTES``.  It ends when its input does,
so also when the node is killed; an alarm ends it in the middle of a picture, should nobody be left to do so.
"""

import os
import signal
import sys
import warnings
from typing import BinaryIO

import pillow_heif
from PIL import AvifImagePlugin, Image

from unseen.base import BadMedia
from unseen.fingerprint import wire
from unseen.fingerprint.confined import limit_memory
from unseen.fingerprint.formats import Format
from unseen.fingerprint.raster import Decoded, decode


def main() -> None:
    """Serve pictures until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node's own end closes the input
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warnings.simplefilter("ignore")  # what Pillow warns of is within the limits or refused by them
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not speak into the answers
    Image.init()
    Image.MAX_IMAGE_PIXELS = None  # the request carries the limit
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    limit_memory(int(sys.argv[1]))
    sink.write(wire.READY)
    sink.flush()
    while (head := source.read(wire.REQUEST.size)) and len(head) == wire.REQUEST.size:
        kind, max_pixels, long_side, alarm_s, size = wire.REQUEST.unpack(head)
        signal.alarm(alarm_s)
        _answer(source.read(size), wire.KINDS[kind], max_pixels, long_side, sink)
        signal.alarm(0)


def _answer(data: bytes, kind: Format, max_pixels: int, long_side: int, sink: BinaryIO) -> None:
    try:
        decoded = decode(data, kind, max_pixels=max_pixels, long_side=long_side)
    except BadMedia as refusal:
        what, hint = refusal.what.encode(), (refusal.hint or "").encode()
        sink.write(wire.ANSWER.pack(wire.IS_REFUSED) + wire.REFUSED.pack(len(what), len(hint)) + what + hint)
    else:
        sink.write(wire.ANSWER.pack(wire.IS_DECODED) + _head(decoded))
        sink.write(decoded.luma.data)
    sink.flush()


def _head(decoded: Decoded) -> bytes:
    height, width = decoded.luma.shape
    return wire.DECODED.pack(decoded.width, decoded.height, height, width, decoded.eighths, decoded.orientation)


if __name__ == "__main__":
    main()

"""How much one video may cost: bytes, seconds, pixels, frames, time, memory."""

import os
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What a video may cost before it is refused; the defaults take what phones and cameras record."""

    max_bytes: int = 4 * 1024**3  #: of the file
    max_duration_s: float = 21_600.0  #: of what is decoded, whatever the header says
    max_pixels: int = 36_000_000  #: of a frame; 8K has 33 million
    max_frames: int = 1_500_000  #: decoded of one video
    decode_s: float = 900.0  #: spent waiting for the decoder, for one video in all
    stall_s: float = 10.0  #: without a word from the decoder
    memory_bytes: int = 1536 * 1024**2  #: address space of a decoder process, where the system can limit it
    threads: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))  #: of one decoder process

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) <= 0:
                raise ValueError(f"{each.name} must be positive")

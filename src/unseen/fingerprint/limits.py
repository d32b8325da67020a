"""How much one picture may cost: bytes, pixels, scans, time, memory."""

from dataclasses import dataclass
from typing import Final

#: What decoding may need (measured: 4 for GIF, 9 for HEIC and AVIF, 16 for WebP with transparency), with some room.
_DECODED_BYTES_PER_PIXEL: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a picture may cost before it is refused; the defaults take every camera on sale."""

    max_bytes: int = 64 * 1024**2  #: of the file
    max_pixels: int = 200_000_000  #: of a baseline JPEG, which is decoded at a reduced scale
    max_jpeg_scans: int = 64  #: of a progressive JPEG; encoders write about ten
    timeout_s: float = 8.0  #: for one picture in a decoder process, so that all of it takes less than 10 s
    decoder_memory_bytes: int = 1024**3  #: address space of a decoder process, where the system can limit it

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels", "max_jpeg_scans", "timeout_s", "decoder_memory_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive")

    @property
    def max_decoded_pixels(self) -> int:
        """Of a picture that must be decoded whole, which is anything but a baseline JPEG."""
        return min(self.max_pixels, self.decoder_memory_bytes // _DECODED_BYTES_PER_PIXEL)

"""What a decoder process does to itself before it reads a stranger's bytes."""

import contextlib
import resource


def limit_memory(max_bytes: int) -> None:
    """Cap the address space, where the system can (macOS cannot: there the pixel limit must do)."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the picture

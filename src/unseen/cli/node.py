"""This machine's node, opened for the length of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unseen.compose import Node


@contextmanager
def opened_node() -> Iterator["Node"]:
    """The node that the settings name.  Raises: Misconfigured, StoreUnavailable, StorageFull."""
    from unseen.compose import open_node
    from unseen.config import load_config

    with open_node(load_config()) as node:
        yield node

"""All perceptual indexes of this process, as one: of pictures, of videos' frames, and of regions where wanted."""

from contextlib import ExitStack
from pathlib import Path

from unseen.desk.index import BankIndex, remove_files
from unseen.desk.ports import Store
from unseen.fingerprint.records import Kind
from unseen.match.live import FLUSH_AFTER
from unseen.match.veil import Veil


class Indexes:
    """What a screening is given; thread-safe."""

    def __init__(self, store: Store, folder: Path, *, region_key: bytes | None, flush_after: int = FLUSH_AFTER) -> None:
        """``folder``: where index files are kept; it exists.  ``flush_after``: changes before they go to a file.

        ``region_key``: 32 secret bytes, of which the veil over region codes is made; None where regions are not
        looked for.
        """
        self._folder = folder
        self.pictures = BankIndex(store, folder, flush_after=flush_after)
        self.frames = BankIndex(store, folder, kind=Kind.FRAME, flush_after=flush_after)
        #: None where regions are not looked for
        self.regions: BankIndex | None = None
        if region_key is not None:
            veil = Veil(region_key)
            self.regions = BankIndex(store, folder, kind=Kind.REGION, veil=veil, flush_after=flush_after)

    @property
    def is_open(self) -> bool:
        """Whether searches are answered."""
        return all(index.is_open for index in self._all)

    @property
    def at(self) -> tuple[int, str]:
        """The seq up to which changes are in all, and the mark of the change there.  Raises: NotReady."""
        return min(index.at for index in self._all)

    @property
    def seq(self) -> int:
        """The seq up to which changes are in all of them.  Raises: NotReady."""
        return self.at[0]

    def open(self) -> None:
        """Open all.

        Where regions are not looked for, files with their codes would keep what is erased: they are removed.
        Raises: StoreUnavailable, StorageFull (the first files had no room).
        """
        if self.regions is None:
            remove_files(self._folder, Kind.REGION)
        for index in self._all:
            index.open()

    def catch_up(self) -> int:
        """Apply what was committed since, to all; returns the seq reached.  Raises: NotReady, StoreUnavailable."""
        seq = self.pictures.catch_up()
        # One look at the store does where nothing happened; equal marks say that all have the same history.
        for index in self._all:
            if index.at != self.pictures.at:
                seq = min(seq, index.catch_up())
        return seq

    def refresh(self) -> None:
        """Go on from the newest files that any process of this node has written.  Raises: NotReady."""
        for index in self._all:
            index.refresh()

    def tidy(self) -> None:
        """Tidy all, each also where another cannot be.

        Raises: NotReady; StorageFull, and the old files stay in use; StoreUnavailable.
        """
        with ExitStack() as tidying:
            for index in reversed(self._all):
                tidying.callback(index.tidy)

    @property
    def _all(self) -> tuple[BankIndex, ...]:
        return (self.pictures, self.frames) if self.regions is None else (self.pictures, self.frames, self.regions)

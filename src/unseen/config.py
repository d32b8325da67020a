"""One frozen config: every setting, its default and its environment variable; ``docs/settings.md`` lists them."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from unseen.base import Misconfigured


def _default_data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "unseen"


class Config(BaseSettings):
    """The settings of one node.  ``UNSEEN_PORT=9000`` sets ``port``, and so on."""

    model_config = SettingsConfigDict(env_prefix="UNSEEN_", frozen=True, extra="ignore")

    data_folder: Path = Field(
        default_factory=_default_data_folder, description="Where the bank and its index are kept."
    )
    secret_file: Path | None = Field(
        default=None,
        description="The file with the secret that seals regions and keys PINs; beside the data folder, with its name "
        "and `.key`, if not set. Made at the first start. All nodes of one store need the same.",
    )
    index_folder: Path | None = Field(
        default=None,
        description="Where the index's files are kept; the data folder if not set. In memory (tmpfs), nothing of them "
        "is left on a stolen disk.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Where the store is: `sqlite:///PATH`, or `postgresql://USER:PASSWORD@HOST:PORT/NAME` for several "
        "nodes. A SQLite file in the data folder if not set.",
    )
    operator: str | None = Field(
        default=None,
        description="Who keeps evidence here, as `unseen evidence` writes it down where `--by` is not given.",
    )
    timestamp_authorities: Path | None = Field(
        default=None,
        description="A TOML file of the timestamp authorities that `unseen evidence` asks; see docs/evidence.md.",
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port the service listens on; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests, on one address.")
    address_header: str | None = Field(
        default=None,
        description="The header in which the proxy in front tells a browser's address, `X-Real-IP` for example; tries "
        "at PINs are counted by it. Name one that the proxy always sets itself. The connection's address if not set.",
    )
    cases_an_hour: int = Field(
        default=20,
        ge=0,
        description="Cases that one address may open on the pages at once, and again in every hour; more are answered "
        "429. 0 for as many as anybody likes. Addresses are known as keyed digests in memory, for a day.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#]+$",
        description="Where people find the pages, `https://help.example.org`: what links in letters begin with.",
    )
    mail_host: str | None = Field(
        default=None,
        description="The mail server that sends links to who lost PIN and recovery code. Without it, no contact is "
        "asked for. `UNSEEN_MAIL_FROM` and `UNSEEN_PUBLIC_URL` are needed with it.",
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    mail_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the way to it is encrypted: `starttls`, `tls` from the first byte, or `none`, for a server on "
        "this machine only.",
    )
    mail_user: str | None = Field(default=None, description="The name to sign in to it with, if it wants one.")
    mail_password: SecretStr | None = Field(default=None, description="The password to sign in to it with.")
    mail_from: str | None = Field(default=None, description="The address that letters come from.")
    max_lag_s: float = Field(
        default=5.0,
        gt=0,
        description="Seconds that a worker's index may be behind the store before the worker is not ready.",
    )
    max_bytes: int = Field(default=64 << 20, ge=1, description="Largest upload or file, in bytes.")
    max_pixels: int = Field(
        default=200_000_000,
        ge=1,
        description="Largest baseline JPEG, in pixels. Other formats: what fits the decoder's memory.",
    )
    max_jpeg_scans: int = Field(default=64, ge=1, description="Most scans of a progressive JPEG.")
    decode_timeout_s: float = Field(default=8.0, gt=0, description="Longest time to decode one picture, in seconds.")
    decoder_memory_bytes: int = Field(
        default=768 << 20, ge=256 << 20, description="Address space of one decoder process, in bytes (Linux)."
    )
    decoder_processes: int = Field(default=2, ge=1, description="Decoder processes kept for formats that can hang.")
    video_max_bytes: int = Field(default=4 << 30, ge=1, description="Largest video file, in bytes.")
    video_max_duration_s: float = Field(
        default=21_600.0, gt=0, description="Longest video, in seconds of what is decoded, whatever its header says."
    )
    video_max_pixels: int = Field(default=36_000_000, ge=1, description="Largest frame of a video, in pixels.")
    video_max_frames: int = Field(default=1_500_000, ge=1, description="Most frames decoded of one video.")
    video_decode_s: float = Field(
        default=900.0, gt=0, description="Longest time that one video may keep its decoder busy, in seconds."
    )
    video_stall_s: float = Field(
        default=10.0, gt=0, description="Longest time that a video's decoder may say nothing, in seconds."
    )
    video_decoder_memory_bytes: int = Field(
        default=1536 << 20, ge=512 << 20, description="Address space of one video decoder process, in bytes (Linux)."
    )
    video_decoder_processes: int = Field(default=2, ge=1, description="Videos that are decoded at the same time.")
    video_threads: int = Field(
        default_factory=lambda: min(4, os.cpu_count() or 1), ge=1, le=64, description="Threads that decode one video."
    )
    screen_threads: int = Field(
        default_factory=lambda: max(2, os.cpu_count() or 1), ge=1, description="Uploads worked on at the same time."
    )
    screen_queue: int = Field(
        default=64, ge=0, description="Uploads that may wait for a thread; more are answered 503 with Retry-After."
    )
    video_jobs: int = Field(default=1, ge=1, description="Videos that a worker screens at the same time.")
    video_queue: int = Field(
        default=8, ge=0, description="Videos that may wait for their turn in a worker; more are answered 503."
    )
    video_spool_bytes: int = Field(
        default=8 << 30,
        ge=1,
        description="Most bytes of videos that a worker keeps on disk, encrypted, until they are screened.",
    )
    video_jobs_a_client: int = Field(
        default=4, ge=1, description="Videos that one token may have under way at the same time; more are answered 429."
    )
    upload_timeout_s: float = Field(
        default=60.0, gt=0, description="Longest time that the body of a request may take to arrive, in seconds."
    )
    alone_s: float = Field(
        default=300.0,
        ge=0,
        description="Seconds for which uploads are still searched, in memory, after the store was last heard of.",
    )
    max_digests: int = Field(
        default=4_000_000,
        ge=0,
        description="Most exact digests kept in memory for when the store is away, 16 bytes each and worker.",
    )
    regions: bool = Field(
        default=True,
        description="Whether uploads that nothing else decides are looked at closely, for parts of protected pictures. "
        "What was banked with regions keeps them either way.",
    )
    erase_after_days: float = Field(
        default=30.0, ge=0, description="Days after which a retired entry's code is erased everywhere."
    )
    forget_every_s: float = Field(
        default=3600.0, gt=0, description="How often the service looks for codes that are due to be erased, in seconds."
    )

    def in_clear(self) -> str:
        """As JSON, passwords included: for the node's own processes, over a pipe, and nowhere else."""
        secrets = {name: value.get_secret_value() for name, value in self if isinstance(value, SecretStr)}
        return json.dumps(self.model_dump(mode="json") | secrets)

    @property
    def database(self) -> Path:
        """The SQLite file that the store is in where no URL names another."""
        return self.data_folder / "unseen.sqlite3"

    @property
    def secret(self) -> Path:
        """The file with the secret; where an older version made it in the data folder, it is used there."""
        if self.secret_file is not None:
            return self.secret_file
        within, folder = self.data_folder / "secret.key", self.data_folder.resolve()
        return within if within.exists() else folder.parent / f"{folder.name}.key"

    @property
    def indexes(self) -> Path:
        """The folder that the index's files are in."""
        return self.index_folder or self.data_folder

    @property
    def erase_after(self) -> timedelta:
        """Time between retirement and erasure."""
        return timedelta(days=self.erase_after_days)


def load_config() -> Config:
    """The settings as the environment has them.

    Raises: Misconfigured, naming the variable and what is wrong with it.
    """
    try:
        return Config()
    except ValidationError as error:
        first = error.errors()[0]
        name = "UNSEEN_" + "_".join(str(part) for part in first["loc"]).upper()
        raise Misconfigured(f"The setting {name} is not usable: {first['msg']}.") from None

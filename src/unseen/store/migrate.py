"""Bringing a database to this version's schema, with the migrations packaged beside this file."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from unseen.store.secret_file import Secret

FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, secret: Secret) -> None:
    """Run what is missing, inside the caller's transaction; what one of them seals is sealed with ``secret``."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes |= {"connection": connection, "secret": secret}
    command.upgrade(config, "head")

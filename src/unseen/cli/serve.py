"""``unseen serve``: the service that platforms send their uploads to."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (UNSEEN_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one (UNSEEN_PORT).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that answer requests (UNSEEN_WORKERS).")
    ] = None,
) -> None:
    """Run the service that platforms send their uploads to.

    It runs until Ctrl-C, and opens the store in UNSEEN_DATA_FOLDER. Every setting is an
    environment variable; docs/settings.md lists them.
    """
    from unseen.config import load_config
    from unseen.http.server import serve as run

    given = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    run(load_config().model_copy(update=chosen))

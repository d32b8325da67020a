"""``python -m unseen.cli`` is ``unseen``."""

from unseen.cli.app import main

main()

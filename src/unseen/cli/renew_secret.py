"""``unseen renew-secret``: going on where the secret is lost for good."""

from unseen.cli.terminal import remark, say, shown


def renew_secret() -> None:
    """Go on without the secret, where it is lost for good.

    For a store whose secret is missing or another. Every region that was banked is retired and
    erased: nobody can open it. Whole pictures stay protected; the PINs of cases open nothing any
    more. Stop every node first. Look for a backup of the secret before you do this.
    """
    from unseen.compose import renew_secret as renew
    from unseen.config import load_config

    config = load_config()
    renew(config)
    say(f"The store goes on with the secret in {shown(config.secret)}.")
    remark("Keep a copy of it, apart from the store's backups. Whole pictures are protected as before.")

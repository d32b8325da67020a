"""``unseen token``: the keys that platforms and helpers use at this node's service."""

from typing import Annotated

import typer

from unseen.cli.node import opened_node
from unseen.cli.terminal import columns, remark, say, show
from unseen.desk.tokens import Scope

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys to this node's service.")

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Who holds it: small letters, digits, dots, hyphens, underscores.")
]
_Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it allows; repeat it for several.")]


@app.command()
def new(name: _Name, scope: _Scopes) -> None:
    """Make a token and print it, this once.

    Only a digest of it is kept.
    """
    from unseen.desk.make_token import make_token

    with opened_node() as node:
        made = make_token(name, scope, store=node.store, clock=node.clock, random_bits=node.random_bits)
    say(made.secret)
    remark("Keep it where secrets are kept: it is not shown again. Send it as `Authorization: Bearer TOKEN`.")


@app.command("list")
def list_() -> None:
    """Show the names and scopes of the tokens in force."""
    table = columns("Name", "Scopes", "Made on", fold=["Name"])
    with opened_node() as node, node.store.read() as reader:
        for token in reader.tokens():
            table.add_row(token.name, ", ".join(sorted(token.scopes)), f"{token.created_at:%Y-%m-%d}")
    if table.row_count:
        show(table)
    else:
        say("There are no tokens.")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The token's name, as `unseen token list` shows it.")],
) -> None:
    """End a token: the service refuses it from now on."""
    with opened_node() as node, node.store.write() as tx:
        tx.revoke_token(name, at=node.clock.now())
    say(f"Token {name} is revoked.")

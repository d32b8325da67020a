"""A value that tells whether a secret is the right one; and no region record that is not sealed.

Records of before are codes without places, in clear: nothing can be weighed by them any more, and they are dropped.
Their entries are given up once the store has its secret (``schema``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_region_codes = sa.table("region_codes")
_ledger = sa.table("ledger", sa.column("scrubbed_seq", sa.BigInteger()))


def upgrade() -> None:
    """What they leave in the files is scrubbed once this is committed."""
    op.add_column("ledger", sa.Column("secret_check", sa.LargeBinary(), nullable=True))
    if op.get_bind().execute(sa.delete(_region_codes)).rowcount:
        op.execute(sa.update(_ledger).values(scrubbed_seq=-1))

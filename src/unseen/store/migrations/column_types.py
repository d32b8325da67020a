"""Column types that migrations share.  What a migration made stays as it was made: these never change."""

import sqlalchemy as sa

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

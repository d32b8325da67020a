"""What every room stands on: errors, ids, the clock, units.  Standard library only, no I/O but the clock's.

Start with ``errors``: every failure that a person or a program can meet has its class there.
"""

from unseen.base.clock import Clock, SystemClock, require_utc
from unseen.base.errors import (
    BadFingerprint,
    BadImport,
    BadMedia,
    BadRequest,
    CallerError,
    CaseRefused,
    CaseUnknown,
    Conflict,
    Forbidden,
    MailNotSent,
    Misconfigured,
    NodeBusy,
    NodeError,
    NotFound,
    NotReady,
    SnapshotRefused,
    StorageFull,
    StoreUnavailable,
    TooSoon,
    Unauthenticated,
    UnseenError,
)
from unseen.base.ids import crockford, from_crockford, random_crockford

__all__ = [
    "BadFingerprint",
    "BadImport",
    "BadMedia",
    "BadRequest",
    "CallerError",
    "CaseRefused",
    "CaseUnknown",
    "Clock",
    "Conflict",
    "Forbidden",
    "MailNotSent",
    "Misconfigured",
    "NodeBusy",
    "NodeError",
    "NotFound",
    "NotReady",
    "SnapshotRefused",
    "StorageFull",
    "StoreUnavailable",
    "SystemClock",
    "TooSoon",
    "Unauthenticated",
    "UnseenError",
    "crockford",
    "from_crockford",
    "random_crockford",
    "require_utc",
]

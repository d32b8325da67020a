"""Every failure Unseen reports: what happened, whose fault it is, what to do.

The three branches say whose fault: the caller's input (:class:`CallerError`), this installation's settings
(:class:`Misconfigured`), or the node's present condition (:class:`NodeError`).  ``code`` is the stable word that
programs compare; the message is for people.  No message holds a PIN, a fingerprint or a secret.
"""

from typing import ClassVar


class UnseenError(Exception):
    """Base of every error that is part of Unseen's interface."""

    code: ClassVar[str] = "unseen_error"

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        """Say ``what`` happened, and in ``hint`` what the person can do about it."""
        super().__init__(what if hint is None else f"{what} {hint}")
        self.what = what
        self.hint = hint


class CallerError(UnseenError):
    """The input is at fault; sending the same thing again will fail again."""

    code = "bad_request"


class BadRequest(CallerError):
    """A value is missing, malformed or out of range."""


class BadMedia(CallerError):
    """These bytes are not a picture that can be fingerprinted within the limits."""

    code = "bad_media"


class BadFingerprint(CallerError):
    """Not a fingerprint: wrong length, wrong alphabet, or a quality out of range."""

    code = "bad_fingerprint"


class BadImport(CallerError):
    """A line of an import cannot be taken; nothing of the file was imported."""

    code = "bad_import"


class NotFound(CallerError):
    """The named thing does not exist."""

    code = "not_found"


class Conflict(CallerError):
    """The request contradicts what is already there."""

    code = "conflict"


class CaseRefused(CallerError):
    """A case cannot be opened on these statements; the message names who can help instead."""

    code = "case_refused"


class CaseUnknown(CallerError):
    """No such case, or the PIN is wrong: one answer for both, so that numbers cannot be probed."""

    code = "case_unknown"

    def __init__(self) -> None:
        super().__init__(
            "There is no case with this number and PIN.",
            hint="Check both on the note you kept; digits and letters only, O and 0 are read alike.",
        )


class BadPack(CallerError):
    """Not an evidence pack, or one that was changed; the message names the file and the check."""

    code = "bad_pack"


class WrongKey(CallerError):
    """What is encrypted does not open: another key or passphrase is needed, or it was changed."""

    code = "wrong_key"


class Unauthenticated(CallerError):
    """No token was sent, or it is not one of ours."""

    code = "unauthenticated"


class Forbidden(CallerError):
    """The token is good but lacks the scope."""

    code = "forbidden"


class TooSoon(CallerError):
    """It may be asked again, later."""

    code = "too_soon"

    def __init__(self, what: str, *, hint: str | None = None, wait_s: float = 0.0) -> None:
        """``wait_s``: until it is looked at again."""
        super().__init__(what, hint=hint)
        self.wait_s = wait_s


class Misconfigured(UnseenError):
    """This installation's settings or files are at fault; its operator can mend it."""

    code = "misconfigured"


class NodeError(UnseenError):
    """The node cannot do it now; nothing was half-done and the same call may succeed later."""

    code = "node_error"


class NotReady(NodeError):
    """The index is not loaded or lags behind the bank."""

    code = "not_ready"


class NodeBusy(NodeError):
    """The queue is full."""

    code = "busy"


class StorageFull(NodeError):
    """The disk has no room; the call was not carried out and nothing was lost."""

    code = "storage_full"


class StoreUnavailable(NodeError):
    """The store did not answer."""

    code = "store_unavailable"


class MailNotSent(NodeError):
    """The mail server did not take a letter."""

    code = "mail_not_sent"


class SnapshotRefused(NodeError):
    """A snapshot file is torn, foreign or of another version; it is rebuilt from the store."""

    code = "snapshot_refused"


class AuthorityFailed(NodeError):
    """A timestamp authority was not reached, or gave no timestamp that holds; the seal stays pending."""

    code = "authority_failed"

"""What makes a pack hold up: records, custody log, signature, timestamps, seal, and the check of it.

Bytes in, bytes out: files, folders and sockets are the adapters' (``unseen.vault``, ``unseen.clients``), the use cases
the desk's.  ``canonical`` spells the records of ``records``; ``custody`` chains what was done; ``pack`` makes what is
sealed and ``contents`` reads it back; ``timestamp`` holds an authority to RFC 3161; ``age`` and ``signing`` hold the
keys.  What may be taken in at all is in ``intake``.  ``inside/`` is copied into each pack: its README, and a verifier
that needs no Unseen.  No original is ever in clear on a disk here.  Start with ``records``, then ``verify``.
"""

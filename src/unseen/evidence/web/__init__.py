"""A public page as evidence: what was asked and answered, what of it is kept, and the archive (WACZ) it is kept in.

The browser and its sockets are in ``unseen.clients``.  ``keeping`` decides what a pack may hold of an answer; start
with ``records``.
"""

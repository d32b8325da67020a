"""Exports of chats, e-mail and web archives, read into one table of messages.

Readers stream: they hold a message or a page at a time, take what the export says and no more, and give what they
cannot take as an ``Irregularity``.  They open only what was listed (``files``, ``archive``) and render nothing.
Start with ``records``, then ``telegram_json``.
"""

"""The use cases, one file each, readable aloud; I/O only through the ports in ``ports``.

Start with ``screen`` (an upload comes in) and ``open_case`` (a person asks for protection).  Nothing here knows of
HTTP, of the command line, or of which database is used.
"""

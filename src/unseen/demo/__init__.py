"""The demo: a story told by the real commands and the real service, with real photographs.

Nothing imports this room but ``unseen demo``, and it knows no other room but ``base``.  Start with ``story``;
``photographs`` chooses who plays what, ``edits`` makes the copies that people pass on, ``node`` runs the commands and
the service in a temporary folder, ``uploads`` speaks HTTP.  It needs the extra ``unseen[demo]`` and no network.
"""

"""Videos beside ``vpdq``: what they cost, ``--speed``, and which edited copies are found, ``--copies``."""

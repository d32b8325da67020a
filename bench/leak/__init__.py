"""What codes show of a picture: every code is inverted as well as we can, and what comes out is compared.

Nothing here is used by the product, and no picture is kept.  Start with ``__main__``: ``codes`` says which linear
measurement each bit is the sign of, ``samples`` brings photographs to such measurements, ``decoders`` turns bits back
into samples, ``places`` knows where regions lay (which the bank does not), ``canvas`` puts regions together with that
knowledge and ``jigsaw`` without it, ``likeness`` and ``faces`` say how good it is.
"""

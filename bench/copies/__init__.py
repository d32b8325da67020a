"""Which copies are caught, of those that people really make: ``python -m bench.copies``.

``edits`` makes the copies; the rest asks each matcher for them and for innocent pictures, and counts.  Start with
``edits.table`` for what is tried, then ``matchers`` for who is asked, then ``__main__``.  No photograph lives here.
"""

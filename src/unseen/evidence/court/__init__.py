"""What a court and an investigator get of a sealed pack: a document (PDF) and CASE/UCO JSON-LD.  Bytes out, no files.

``countries/`` holds the rules of evidence of each place with source and confidence, ``words/`` what the document says
in each language.  ``figures`` takes from a checked pack what can be said of it, ``document`` puts it in order,
``typeset`` makes pages of it (with ``exhibit.typ``), and ``case_uco`` the JSON-LD.  No picture, no fingerprint that a
picture could be guessed from, and no sentence of law outside ``countries/``.  Start with ``document``.
"""

"""The vectors of PDQ: what any implementation, in any language, must agree with."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unseen.fingerprint.pdq import pdq, pdq_views

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "pdq").glob("*.json"))


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 8


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_kernels_agree_with_the_vectors(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    raw = np.frombuffer(base64.b64decode(vector["luma_base64"]), np.uint8)
    luma = raw.reshape(vector["height"], vector["width"])
    code, quality = pdq(luma)
    views, views_quality = pdq_views(luma)
    assert (code.tobytes().hex(), quality) == (vector["code"], vector["quality"])
    assert ([view.tobytes().hex() for view in views], views_quality) == (vector["views"], vector["quality"])

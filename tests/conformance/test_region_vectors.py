"""The vectors of region fingerprints: what any implementation, in any language, must agree with."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unseen.fingerprint.region import Plan
from unseen.fingerprint.region.detector import keypoints
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.fingerprint.region.scale_space import octaves
from unseen.fingerprint.region.selection import chosen

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "region").glob("*.json"))


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 5


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_kernels_agree_with_the_vectors(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    raw = np.frombuffer(base64.b64decode(vector["luma_base64"]), np.uint8)
    luma = raw.reshape(vector["height"], vector["width"])
    plan = Plan(**vector["plan"])
    space = octaves(luma, plan.long_side)
    sums = [[int(level.sum(dtype=np.int64)) for level in octave[number == 0 :]] for number, octave in enumerate(space)]
    assert sums == [octave["level_sums"] for octave in vector["octaves"]]
    found = keypoints(space)
    assert found.tolist() == vector["keypoints"]
    height, width = space[0].shape[1:]
    assert found[chosen(found, height, width, plan.candidates)].tolist() == vector["chosen"]
    regions = fingerprint_regions(luma, plan=plan)
    rows = zip(regions.codes, regions.mirrored_codes, regions.orientations, regions.details, strict=True)
    assert [
        (code.tobytes().hex(), back.tobytes().hex(), int(turn), int(detail)) for code, back, turn, detail in rows
    ] == [(each["code"], each["mirrored_code"], each["turn"], each["detail"]) for each in vector["regions"]]

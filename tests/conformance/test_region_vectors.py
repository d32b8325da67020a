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
from unseen.fingerprint.region.geometry import packed
from unseen.fingerprint.region.scale_space import octaves
from unseen.fingerprint.region.selection import chosen

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "region").glob("*.json"))


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 6


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
    kept = np.array(vector["photographed"], np.int64).reshape(-1, 5)
    assert kept[chosen(kept, height, width, plan.candidates)].tolist() == vector["chosen"]
    regions = fingerprint_regions(luma, plan=plan)
    geometry = packed(regions, max(luma.shape))
    rows = zip(regions.codes, regions.mirrored_codes, regions.orientations, regions.details, geometry, strict=True)
    assert [
        (code.tobytes().hex(), back.tobytes().hex(), int(turn), int(detail), int(place))
        for code, back, turn, detail, place in rows
    ] == [
        (each["code"], each["mirrored_code"], each["turn"], each["detail"], each["geometry"])
        for each in vector["regions"]
    ]


def test_what_is_drawn_is_left_out_before_the_choice() -> None:
    vector = json.loads((VECTORS[0].parent / "screenshot.json").read_text(encoding="utf-8"))
    assert 0 < len(vector["photographed"]) < len(vector["keypoints"])

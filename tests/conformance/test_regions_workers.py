"""Regions on several workers: what a case protects is found by each of them in parts too, until it is withdrawn."""

from pathlib import Path

import httpx

from support import copies
from support.nodes import served_node
from support.service import STATEMENTS, new_token
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.tokens import Scope
from unseen.fingerprint.closer import LONG_SIDE, regions_to_bank
from unseen.fingerprint.image import fingerprint_picture

WORKERS = 2


def verdict(client: httpx.Client, file: bytes) -> str:
    answer = client.post("/v1/screen", content=file, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["verdict"])


def test_parts_match_on_every_worker_at_once_and_no_longer_once_withdrawn(tmp_path: Path) -> None:
    picture = copies.original(1)
    part = copies.jpeg(copies.crop(picture))
    with open_node(Config(data_folder=tmp_path / "data")) as node:
        token = new_token(node, Scope.ADMIN)
        made = fingerprint_picture(copies.jpeg(picture), limits=node.limits, decoder=node.decoder, long_side=LONG_SIDE)
    region = regions_to_bank(made)
    assert region is not None
    item = {"fingerprints": [{"kind": f.kind, "code": f.hex} for f in (made.sha256, region)]}
    with served_node(tmp_path / "data", token, workers=WORKERS, log=tmp_path / "log") as served:
        first, second = (served.to(worker) for worker in (1, 2))
        assert [verdict(client, part) for client in (first, second)] == ["allow", "allow"]
        case = first.post("/v1/cases", json={"statements": STATEMENTS, "items": [item]}).json()
        assert [verdict(client, part) for client in (second, first)] == ["review", "review"]
        withdrawn = second.post(f"/v1/cases/{case['number']}/withdrawal", json={"pin": case["pin"]})
        assert withdrawn.status_code == 200
        assert [verdict(client, part) for client in (first, second)] == ["allow", "allow"]

"""What the service tells its operator."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.service import LiveService, case_of, memory_node, pdq, running, screened, wait_until
from support.stores import Flaky
from unseen.desk.tokens import Scope
from unseen.http import follower


def figures(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, in the order of the labels' names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_only_a_banks_people_see_numbers_in_readiness(
    live: LiveService, platform: httpx.Client, helper: httpx.Client, banker: httpx.Client
) -> None:
    """A stranger who saw the seq grow could tell what her own request set off, and so what others protect."""
    for client in (live.client(), platform, helper):
        ready = client.get("/readyz").json()
        assert (ready["ready"], ready["index"], ready["store"], ready["seqs"]) == (True, "in step", True, None)
    seqs = banker.get("/readyz").json()["seqs"]
    assert set(seqs) == {"index", "store", "entries"}
    assert seqs["store"] == banker.get("/v1/changes").json()["last_seq"]


def test_metrics_count_what_happened(
    admin: httpx.Client, platform: httpx.Client, helper: httpx.Client, banker: httpx.Client
) -> None:
    wait_until(lambda: figures(admin)["unseen_seq_lag", "1"] == 0)
    before = figures(admin)
    helper.post("/v1/cases", json=case_of([pdq(2001)]))
    (hit,) = screened(platform, pdq(2001))["hits"]
    screened(platform, pdq(2002))
    platform.post(f"/v1/hits/{hit['id']}/decision", json={"decision": "wrong", "done": "left"})
    platform.get("/v1/banks")
    platform.get("/v1/no such thing")
    wait_until(lambda: figures(admin)["unseen_seq_lag", "1"] == 0)
    after = figures(admin)

    def grew(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert grew("unseen_verdicts_total", "review") == 1
    assert grew("unseen_verdicts_total", "allow") == 1
    assert grew("unseen_decisions_total", "wrong") == 1
    assert grew("unseen_requests_total", "POST", "/v1/screen", "200") == 2
    assert grew("unseen_requests_total", "POST", "/v1/hits/{hit_id}/decision", "200") == 1
    assert grew("unseen_requests_total", "GET", "/v1/banks", "403") == 1
    assert grew("unseen_requests_total", "GET", "none", "404") == 1
    assert grew("unseen_request_seconds_count", "/v1/screen") == 2
    for stage in ("receive", "fingerprint", "exact", "search", "record"):
        assert grew("unseen_stage_seconds_count", stage) == 2, stage
    assert grew("unseen_index_entries", "1") == 1
    assert grew("unseen_entries", "cases", "active") == 1
    assert after["unseen_index_seq", "1"] == after["unseen_store_seq",] == banker.get("/v1/changes").json()["last_seq"]
    assert after["unseen_queue_depth", "screening", "1"] == 0
    assert (after["unseen_index_open", "1"], after["unseen_store_up",]) == (1, 1)


def test_the_index_follows_the_store_without_an_upload(live: LiveService, helper: httpx.Client) -> None:
    index, before = live.node.index, live.node.index.seq
    assert helper.post("/v1/cases", json=case_of([pdq(2003)])).status_code == 201
    wait_until(lambda: index.seq > before)


def test_a_store_that_does_not_answer_is_said_not_to(tmp_path: Path) -> None:
    store = Flaky()
    with memory_node(tmp_path, store=store, max_lag_s=0.6) as node, running(node) as live:
        client = live.client(Scope.ADMIN)
        store.is_away = True
        ready = live.client().get("/readyz")
        assert (ready.status_code, ready.json()["store"]) == (503, False)
        assert ready.json()["error"]["message"] == "The store does not answer."
        assert live.client().get("/healthz").status_code == 200
        wait_until(lambda: live.client().get("/readyz").json()["index"] == "behind")
        assert b"unseen_store_up 0.0" in live.app.state.service.metrics.text()
        store.is_away = False
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert screened(client, pdq(1))["verdict"] == "allow"


def test_a_store_that_is_away_at_the_start_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "_RETRY_S", 0.05)
    store = Flaky()
    with memory_node(tmp_path, store=store) as node:
        store.is_away = True
        with running(node, ready=False) as live:
            assert live.client().get("/readyz").status_code == 503
            store.is_away = False
            wait_until(lambda: live.client().get("/readyz").status_code == 200)


def test_what_is_due_is_forgotten_by_itself(tmp_path: Path) -> None:
    settings = {"erase_after_days": 0.0, "forget_every_s": 0.1}
    with memory_node(tmp_path, **settings) as node, running(node) as live:
        banker = live.client(Scope.BANK)
        listed = {"source": "s", "reason": "r", "fingerprints": [pdq(1)]}
        (entry,) = banker.post("/v1/banks/cases/entries", json=listed).json()["entries"]
        banker.post(f"/v1/entries/{entry}/retirement", json={"reason": "a mistake"})
        wait_until(lambda: banker.get(f"/v1/entries/{entry}").json()["code"] is None)
        shown = banker.get(f"/v1/entries/{entry}").json()
        assert (shown["id"], shown["state"], shown["kind"]) == (entry, "retired", None)
        wait_until(lambda: b"unseen_forgot_timestamp_seconds" in live.app.state.service.metrics.text())

"""The kernels find what the plain reference finds, whatever the codes, the queries and the radius."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.match import kernels, layout, plan, reference, search, snapshot, tail
from unseen.match.records import CODE_BITS, Hits, I64Array, U8Array, in_order
from unseen.match.tier import tier_of

radii = st.one_of(st.integers(0, 64), st.sampled_from([15, 16, 31, 32, 47, 48, 63]))


def flipped(code: U8Array, bits: int, rng: np.random.Generator) -> U8Array:
    """``code`` with exactly ``bits`` bits turned over."""
    mask = np.zeros(CODE_BITS, np.uint8)
    mask[rng.choice(CODE_BITS, bits, replace=False)] = 1
    return code ^ np.packbits(mask)


@dataclass(frozen=True)
class Corpus:
    codes: U8Array
    ids: I64Array
    queries: U8Array
    radius_bits: int


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """Queries, codes at distances around the radius from them, copies, strangers; in any number, also none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    radius_bits = draw(radii)
    queries = rng.integers(0, 256, (draw(st.integers(0, 4)), 32), np.uint8)
    near = [
        flipped(query, distance, rng)
        for query in queries
        for distance in draw(st.lists(st.integers(max(radius_bits - 3, 0), radius_bits + 3), max_size=12))
    ]
    strangers = rng.integers(0, 256, (draw(st.integers(0, 40)), 32), np.uint8)
    codes = np.array([*near, *strangers], np.uint8).reshape(-1, 32)
    if len(codes):
        copies = rng.integers(0, len(codes), draw(st.integers(0, 20)))
        codes = rng.permutation(np.concatenate([codes, codes[copies]]))
    ids = np.cumsum(rng.integers(1, 50, len(codes)))
    return Corpus(codes=codes, ids=ids, queries=queries, radius_bits=radius_bits)


def assert_same(ours: Hits, theirs: Hits) -> None:
    np.testing.assert_array_equal(ours.offsets, theirs.offsets)
    np.testing.assert_array_equal(ours.ids, theirs.ids)
    np.testing.assert_array_equal(ours.distances, theirs.distances)


@contextmanager
def looking_up_buckets(*, patience: int = 2**31) -> Iterator[None]:
    """However few codes there are; ``patience``: postings a code, beyond which a query's codes are all compared."""
    with patch.object(plan, "_CODES_A_PROBE", -1), patch.object(search, "POSTINGS_A_CODE", patience):
        yield


def hits_of(table: search.Table, queries: U8Array, radius_bits: int) -> Hits:
    found = search.in_table(table, layout.to_words(queries), radius_bits)
    return in_order(found.query, found.ids, found.distance, len(queries))


def assert_all_agree(corpus: Corpus) -> Hits:
    """Buckets, buckets left half-way, scan, and tail give the reference's answer, which is returned."""
    expected = reference.search(corpus.codes, corpus.ids, corpus.queries, corpus.radius_bits)
    as_file = search.table_of([tier_of(snapshot.build(corpus.codes, corpus.ids, seq=1))], tail.empty())
    as_tail = search.table_of([], tail.empty().with_added(corpus.ids, layout.to_words(corpus.codes), 1))
    for table in (as_file, as_tail):
        assert_same(hits_of(table, corpus.queries, corpus.radius_bits), expected)
    for patience in (2**31, 30, 1, 0):
        with looking_up_buckets(patience=patience):
            assert_same(hits_of(as_file, corpus.queries, corpus.radius_bits), expected)
    return expected


@settings(max_examples=150, deadline=None)
@given(corpora())
def test_kernels_agree_with_the_reference(corpus: Corpus) -> None:
    assert_all_agree(corpus)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), radii, st.integers(0, 3))
def test_the_worst_placed_code_within_the_radius_is_found(seed: int, radius_bits: int, over: int) -> None:
    """Bits spread so that every band differs by its threshold or one more, just where an off-by-one would miss it."""
    rng = np.random.default_rng(seed)
    query = rng.integers(0, 256, 32, np.uint8)
    order = np.argsort(np.arange(CODE_BITS) % 16 + rng.random(CODE_BITS) * 0.5, kind="stable")
    mask = np.zeros(CODE_BITS, np.uint8)
    mask[order[: radius_bits + over]] = 1
    words = np.packbits(mask, bitorder="little").view(np.uint64).reshape(1, 4)
    target = layout.to_words(query[None]) ^ words
    table = search.table_of([tier_of(snapshot.of_words(target, np.array([7]), seq=1))], tail.empty())
    with looking_up_buckets():
        found = hits_of(table, query[None], radius_bits)
    assert found.distances.tolist() == ([radius_bits] if over == 0 else [])


@pytest.mark.parametrize("radius_bits", [0, 31, 63, 64, 128, 256])
@pytest.mark.parametrize("n", [0, 1, 3000])
def test_equal_codes_are_each_found_once(n: int, radius_bits: int) -> None:
    rng = np.random.default_rng(n)
    code = rng.integers(0, 256, 32, np.uint8)
    queries = np.array([code, flipped(code, min(radius_bits, 40), rng), ~code])
    corpus = Corpus(codes=np.tile(code, (n, 1)), ids=np.arange(n) * 2, queries=queries, radius_bits=radius_bits)
    hits = assert_all_agree(corpus)
    assert len(hits.of(0)[0]) == n


@pytest.mark.parametrize("radius_bits", [0, 7, 31, 40])
def test_clustered_codes_are_found_at_a_size_where_buckets_are_used(radius_bits: int) -> None:
    rng = np.random.default_rng(radius_bits)
    middles = rng.integers(0, 256, (40, 32), np.uint8)
    codes = np.array([flipped(middle, int(bits), rng) for middle in middles for bits in rng.integers(0, 60, 300)])
    corpus = Corpus(codes=codes, ids=np.arange(len(codes)), queries=middles, radius_bits=radius_bits)
    hits = assert_all_agree(corpus)
    assert len(hits.ids) > 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(0, 40))
def test_threads_do_not_change_the_answer(seed: int, threads: int, queries: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (50, 32), np.uint8)
    table = search.table_of([tier_of(snapshot.build(codes, np.arange(50), seq=1))], tail.empty())
    wanted = layout.to_words(
        np.array([flipped(codes[i % 50], 20, rng) for i in range(queries)], np.uint8).reshape(-1, 32)
    )

    def find(part: np.ndarray) -> search.Found:
        return search.in_table(table, part, 31)

    def hits(found: search.Found) -> Hits:
        return in_order(found.query, found.ids, found.distance, queries)

    with patch.object(search, "_MIN_SHARE", 8):
        assert_same(hits(search.shared_out(find, wanted, threads)), hits(find(wanted)))


@given(corpus=corpora())
@settings(max_examples=25)
def test_all_distances_between_two_arrays_are_the_references(corpus: Corpus) -> None:
    found = kernels.distances_between(layout.to_words(corpus.queries), layout.to_words(corpus.codes))
    expected = [reference.distances(corpus.codes, query) for query in corpus.queries]
    np.testing.assert_array_equal(found, np.array(expected, np.uint16).reshape(found.shape))

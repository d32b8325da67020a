"""Timestamps of a real authority: what holds is kept, and each thing that can be wrong is said and stays pending."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from support.authority import DAY, OTHER_POLICY, POLICY, Authority, running_authority, stamp
from support.evidence import Clock, Maker, checked, named, rows
from unseen.base import AuthorityFailed, BadPack, Conflict
from unseen.desk.stamp_pack import renew_pack, stamp_pack
from unseen.evidence import der
from unseen.evidence.age import encrypting
from unseen.evidence.contents import ContainerWriter
from unseen.evidence.report import Result
from unseen.evidence.timestamp import Token, check, new_request, read_certificates
from unseen.vault import PackFile, folder_files

SAW = "test saw the manifest and its signature"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Authority]:
    with running_authority(tmp_path / "tsa") as server:
        yield server


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    (tmp_path / "her").mkdir()
    maker = Maker(tmp_path / "her")
    maker.add("a.png", b"\x89PNG" * 100)
    return maker


def test_a_sealed_pack_says_when_and_until_when(maker: Maker, server: Authority) -> None:
    assert maker.seal(named(server)).answers.failures == {}
    report = checked(maker.open())
    results = rows(report)
    assert results[SAW] == "holds"
    assert results["The newest timestamp still proves something"] == "holds"
    assert results["CN=Test Root is an authority that you trust"] == "not confirmed"
    trusting = rows(checked(maker.folder / "opened", roots=read_certificates(server.root.read_bytes())))
    assert trusting["CN=Test Root is an authority that you trust"] == "holds"
    assert (maker.folder / "opened/seal/timestamps/test/crl-1.der").read_bytes() == server.crl


def test_a_timestamp_under_another_policy_is_pending(maker: Maker, server: Authority) -> None:
    failures = maker.seal(named(server, path="other.cnf")).answers.failures
    assert failures == {"test": f"The timestamp was made under policy {OTHER_POLICY}, not under {POLICY}."}
    assert rows(checked(maker.open()))[SAW] == "PENDING"


def test_an_old_answer_is_not_taken_for_a_new_one(maker: Maker, server: Authority) -> None:
    """The right message, but another request's nonce."""
    message = b"the very same bytes"
    server.replay = stamp(server, new_request(message))
    request = new_request(message)
    token = Token(request=request, response=maker.online().timestamper.ask(server.url, request))
    with pytest.raises(AuthorityFailed, match="its nonce is not ours"):
        check(token, message, bundle=named(server).bundle, policy=None)


def test_what_is_not_der_throughout_is_refused(server: Authority) -> None:
    """Also where nobody looks: the tag of the whole, which no signature covers."""
    request = new_request(b"message")
    response = stamp(server, request)
    for asked, answered in ((0, 1), (1, 0)):
        changed = Token(
            request=bytes((request[0] ^ asked,)) + request[1:], response=bytes((response[0] ^ answered,)) + response[1:]
        )
        with pytest.raises(AuthorityFailed, match="is damaged"):
            check(changed, b"message", bundle=named(server).bundle, policy=POLICY)


def longer_lasting(server: Authority) -> bytes:
    """The authority's certificate with another end: the same name, number and key, vouched for by the same one."""
    leaf = x509.load_pem_x509_certificate((server.folder / "tsa.pem").read_bytes())
    issuer = load_pem_private_key((server.folder / "middle.key").read_bytes(), None)
    built = x509.CertificateBuilder(leaf.issuer, leaf.subject, leaf.public_key(), leaf.serial_number)
    built = built.not_valid_before(leaf.not_valid_before_utc).not_valid_after(leaf.not_valid_after_utc + 300 * DAY)
    for extension in leaf.extensions:
        built = built.add_extension(extension.value, extension.critical)
    return built.sign(issuer, hashes.SHA256()).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def test_a_certificate_that_the_signed_attributes_do_not_name_is_refused(server: Authority) -> None:
    """RFC 5816: whoever gets another certificate for the same key makes no stamp last longer by it."""
    request = new_request(b"message")
    response, bundle = stamp(server, request), named(server).bundle
    assert check(Token(request=request, response=response), b"message", bundle=bundle, policy=POLICY)
    status, token = der.read(response).parts()
    kind, wrapped = token.parts()
    fields = list(next(wrapped.parts()).parts())
    (sent,) = (field for field in fields if field.tag == 0xA0)
    middle = [c.whole for c in sent.parts() if b"Test Authority" not in c.whole]
    certificates = der.write(0xA0, [longer_lasting(server), *middle])
    signed = der.write(0x30, [certificates if field is sent else field.whole for field in fields])
    exchanged = der.write(0x30, [status.whole, der.write(0x30, [kind.whole, der.write(0xA0, [signed])])])
    with pytest.raises(AuthorityFailed, match="names another certificate"):
        check(Token(request=request, response=exchanged), b"message", bundle=bundle, policy=POLICY)


def test_an_authority_whose_certificate_has_ended_is_pending(maker: Maker, tmp_path: Path) -> None:
    with running_authority(tmp_path / "old", expires_in=-DAY) as server:
        failures = maker.seal(named(server)).answers.failures
    assert "had expired" in failures["test"]


@pytest.mark.parametrize(
    ("reason", "when", "stands"),
    [
        ("superseded", -DAY, False),
        ("keyCompromise", -DAY, False),
        ("keyCompromise", DAY, False),  # whoever has the key makes stamps of any day
        ("superseded", DAY, True),  # RFC 3161, 4: what was stamped before stands
    ],
)
def test_a_revoked_authority_is_pending_unless_the_stamp_stands_all_the_same(
    maker: Maker, tmp_path: Path, reason: str, when: timedelta, stands: bool
) -> None:
    with running_authority(tmp_path / "revoked", revoked=(reason, when)) as server:
        failures = maker.seal(named(server)).answers.failures
    assert failures == {} if stands else "was revoked" in failures["test"]


def test_an_unreachable_authority_is_pending_and_asked_again(maker: Maker, server: Authority) -> None:
    sealed = maker.seal(named(server), outside=maker.offline())
    assert "was not reached" in sealed.answers.failures["test"]
    assert sealed.manifest.clock_ahead_ms is None
    report = checked(maker.open("before"))
    assert report.result is Result.PENDING
    still = stamp_pack(PackFile(maker.pack), maker.keys.identity, outside=maker.offline())
    assert still.was_pending == ("test",)
    assert "test" in still.answers.failures
    before = maker.pack.read_bytes()
    assert stamp_pack(PackFile(maker.pack), maker.keys.identity, outside=maker.online()).answers.failures == {}
    assert maker.pack.read_bytes() != before
    assert rows(checked(maker.open("after")))[SAW] == "holds"
    assert stamp_pack(PackFile(maker.pack), maker.keys.identity, outside=maker.offline()).was_pending == ()


def test_one_authority_that_fails_keeps_none_from_answering(maker: Maker, server: Authority) -> None:
    wrong = named(server, name="away", path="nowhere.cnf")
    answers = maker.seal(wrong, named(server)).answers
    assert set(answers.stamps) == {"test"}
    assert set(answers.failures) == {"away"}
    assert checked(maker.open()).result is Result.PENDING


def test_a_slow_authority_is_given_up(maker: Maker, server: Authority) -> None:
    """It sends a few bytes, again and again: no single wait is long, all of them are."""
    server.pause_s = 0.1
    begun = datetime.now(UTC)
    failures = maker.seal(named(server), outside=maker.online(timeout_s=0.5)).answers.failures
    assert failures == {"test": "The timestamp authority did not answer within 0.5 s."}
    assert datetime.now(UTC) - begun < timedelta(seconds=6)


@pytest.mark.parametrize(
    ("answer", "said"), [(b"", "is damaged"), (b"<html>", "is damaged"), (bytes(2 << 20), "longer than any")]
)
def test_what_is_no_timestamp_is_pending(maker: Maker, server: Authority, answer: bytes, said: str) -> None:
    server.replay = answer or b" "
    assert said in maker.seal(named(server)).answers.failures["test"]


def test_an_authority_that_refuses_is_pending(maker: Maker, server: Authority) -> None:
    server.status = 503
    assert "answered 503" in maker.seal(named(server)).answers.failures["test"]
    server.status, server.replay = 200, bytes.fromhex("30053003020102")  # PKIStatus: rejection
    assert maker.seal(named(server)).answers.failures == {"test": "The timestamp authority refused (rejection)."}


def test_an_authority_with_another_root_is_pending(maker: Maker, server: Authority, tmp_path: Path) -> None:
    with running_authority(tmp_path / "other") as other:
        mine = named(server)
        wrong = named(other)
        imposter = type(mine)(authority=mine.authority, bundle=wrong.bundle)
        assert "do not lead to the authority's root" in maker.seal(imposter).answers.failures["test"]


def test_a_wrong_clock_is_told_by_the_authority(maker: Maker, server: Authority) -> None:
    maker.clock.off = timedelta(hours=3)
    sealed = maker.seal(named(server))
    ahead, recorded = sealed.answers.clock_ahead, sealed.manifest.clock_ahead_ms
    assert ahead is not None
    assert recorded is not None
    assert abs(ahead - timedelta(hours=3)) < timedelta(seconds=30)
    assert abs(recorded - 3 * 3_600_000) < 30_000
    report = checked(maker.open(), now=Clock().now())
    row = next(c for c in report.checks if "clock" in c.what)
    assert row.result is Result.UNCONFIRMED
    assert "ahead by 10" in row.found


def test_a_renewal_holds_when_what_it_renews_has_ended(maker: Maker, tmp_path: Path, server: Authority) -> None:
    with running_authority(tmp_path / "short", expires_in=DAY) as short:
        maker.seal(named(short))
    answers = renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    assert answers.failures == {}
    later = datetime.now(UTC) + 30 * DAY
    results = rows(checked(maker.open(), now=later))
    assert results["Renewal 1 covers all before it"] == "holds"
    assert results["The newest timestamp still proves something"] == "holds"
    renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    again = rows(checked(maker.open("again"), now=later))
    assert again["Renewal 2 covers all before it"] == "holds"


def test_a_renewal_that_came_too_late_says_so_and_spoils_nothing(
    maker: Maker, tmp_path: Path, server: Authority
) -> None:
    with running_authority(tmp_path / "short", expires_in=timedelta(seconds=3)) as short:
        maker.seal(named(short))
    time.sleep(3.5)
    renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    report = checked(maker.open())
    assert rows(report)["Renewal 1 covers all before it"] == "not confirmed"
    assert "FAILED" not in rows(report).values()


def test_a_timestamp_that_ended_unrenewed_is_said(maker: Maker, tmp_path: Path) -> None:
    with running_authority(tmp_path / "short", expires_in=DAY) as short:
        maker.seal(named(short))
    results = rows(checked(maker.open(), now=datetime.now(UTC) + 2 * DAY))
    assert results[SAW] == "holds"  # it was made while its certificates held
    assert results["The newest timestamp still proves something"] == "not confirmed"


def test_nothing_is_renewed_before_the_first_timestamp(maker: Maker, server: Authority) -> None:
    maker.seal()
    with pytest.raises(Conflict, match="no timestamp to renew"):
        renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    assert rows(checked(maker.open()))["Someone else vouches for the time"] == "PENDING"


def test_a_pack_that_is_not_sound_is_not_stamped(maker: Maker, server: Authority, tmp_path: Path) -> None:
    """Someone with the recipients' public keys put another file into the container."""
    maker.seal(named(server), outside=maker.offline())
    with PackFile(maker.pack).replaced() as file, encrypting(file, [maker.keys.identity.recipient]) as sealed:
        container = ContainerWriter(sealed)
        for path, content in folder_files(maker.open()):
            container.put(path, content.read().replace(b"added from a file", b"added from a film"))
        container.close()
    before = maker.pack.read_bytes()
    with pytest.raises(BadPack, match=r"not sound, and was left as it is\. The bag is whole"):
        stamp_pack(PackFile(maker.pack), maker.keys.identity, outside=maker.online())
    assert maker.pack.read_bytes() == before

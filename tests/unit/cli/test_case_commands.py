"""``unseen case``: what a person meets."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from unit.cli.conftest import GOOD, Unseen

Picture = Callable[..., Path]
Opened = Callable[..., tuple[str, str]]


def test_answers_can_be_typed(unseen: Unseen, picture: Picture) -> None:
    said = unseen("case", "open", picture(1), typed="2\n1\n1\n1\n")
    assert said.code == 0
    assert re.search(r"^  Case number   \w{4}-\w{4}-\w{4}$", said.out, re.MULTILINE)
    assert re.search(r"^  PIN           \d{4} \d{4}$", said.out, re.MULTILINE)
    assert "How old was that person" in said.err


def test_answers_can_be_options_and_then_nothing_is_asked(unseen: Unseen, picture: Picture) -> None:
    said = unseen("case", "open", *GOOD, picture(1))
    assert (said.code, said.err) == (0, "")


def test_a_wrong_answer_is_asked_again_and_three_end_it(unseen: Unseen, picture: Picture) -> None:
    assert unseen("case", "open", picture(1), typed="9\nme\n1\n1\n1\n1\n").code == 0
    said = unseen("case", "open", picture(1), typed="9\n8\n7\n")
    assert said.code == 2
    assert "Start again whenever you like." in said.err


def test_input_that_ends_early_keeps_nothing(unseen: Unseen, picture: Picture) -> None:
    said = unseen("case", "open", picture(1), typed="1\n")
    assert said.code == 2
    assert "nothing was kept" in said.err
    assert "There are no such entries." in unseen("bank", "list", "cases").out


@pytest.mark.parametrize("age", ["under-18", "unknown"])
def test_under_18_names_the_right_services(unseen: Unseen, picture: Picture, age: str) -> None:
    said = unseen("case", "open", *GOOD[:-1], age, picture(1))
    assert said.code == 1
    assert said.out == ""
    for service in ("takeitdown.ncmec.org", "report-remove", "inhope.org", "the police"):
        assert service in said.err
    assert "not your fault" in said.err


def test_with_consent_is_refused_with_a_reason(unseen: Unseen, picture: Picture) -> None:
    said = unseen("case", "open", *GOOD, "--with-consent", picture(1))
    assert said.code == 1
    assert "without the consent" in said.err
    assert "ncmec" not in said.err


def test_one_bad_file_names_it_and_keeps_nothing(unseen: Unseen, picture: Picture, tmp_path: Path) -> None:
    bad = tmp_path / "letter.txt"
    bad.write_text("not a picture")
    said = unseen("case", "open", *GOOD, picture(1), bad)
    assert said.code == 2
    assert said.err.startswith(f"unseen: {bad}: not a picture")
    assert "There are no such entries." in unseen("bank", "list", "cases").out


def test_a_featureless_picture_is_named(unseen: Unseen, picture: Picture, tmp_path: Path) -> None:
    from PIL import Image

    flat = tmp_path / "flat.png"
    Image.new("RGB", (200, 200), "grey").save(flat)
    said = unseen("case", "open", *GOOD, picture(1), flat)
    assert "Too little can be seen in picture 2" in said.out


def test_the_case_is_shown_to_whoever_has_the_pin(unseen: Unseen, picture: Picture, opened: Opened) -> None:
    number, pin = opened(picture(1), picture(2))
    said = unseen("case", "show", number, typed=f"{pin[:4]} {pin[4:]}\n")
    assert said.code == 0
    assert "Its pictures are protected here." in said.out
    assert len(re.findall(r"copies, also changed ones and parts", said.out)) == 2


@pytest.mark.parametrize("wrong", ["11112222\n", "", "\n", "abc\n"])
def test_a_wrong_pin_and_a_wrong_number_get_the_same_answer(
    unseen: Unseen, picture: Picture, opened: Opened, wrong: str
) -> None:
    number, pin = opened(picture(1))
    if wrong == f"{pin}\n":
        pytest.skip("drew the very PIN")
    for_pin = unseen("case", "show", number, typed=wrong or "0\n")
    for_number = unseen("case", "show", "0000-0000-0000", typed=f"{pin}\n")
    assert (for_pin.code, for_pin.out) == (for_number.code, for_number.out) == (2, "")
    assert for_pin.err == for_number.err
    assert "no case with this number and PIN" in for_pin.err


def test_the_pin_is_no_argument(unseen: Unseen, picture: Picture, opened: Opened) -> None:
    number, pin = opened(picture(1))
    assert unseen("case", "show", number, pin).code == 2
    assert unseen("case", "withdraw", number, "--pin", pin).code == 2


def test_a_file_finds_its_item(unseen: Unseen, picture: Picture, opened: Opened) -> None:
    number, pin = opened(picture(1), picture(2))
    again, other = picture(2, "renamed.jpg"), picture(3)
    said = unseen("case", "show", number, "--file", again, "--file", other, typed=pin)
    assert f"{again} is item 2." in said.out
    assert f"{other} is no item of this case" in said.out
    data = json.loads(unseen("case", "show", number, "--file", again, "--json", typed=pin).out)
    assert data["files"] == [{"file": str(again), "item": 2}]
    assert [item["item"] for item in data["items"]] == [1, 2]


def test_a_withdrawn_case_stops_matching_and_the_receipt_tells_of_nobody_else(
    unseen: Unseen, picture: Picture, opened: Opened
) -> None:
    shared, own = picture(1), picture(2)
    first, pin = opened(shared, own)
    opened(shared)
    assert unseen("screen", own).code == 1
    receipt = unseen("case", "withdraw", first, typed=pin)
    assert receipt.code == 0
    assert unseen("screen", own).code == 0
    assert unseen("screen", shared).code == 1  # the other case still protects it
    assert "withdrawn" in unseen("case", "show", first, typed=pin).out
    alone, alone_pin = opened(picture(5))
    other_receipt = unseen("case", "withdraw", alone, typed=alone_pin)
    blank = re.compile(r"\w{4}-\w{4}-\w{4}|\d\d:\d\d")
    assert blank.sub("", receipt.out) == blank.sub("", other_receipt.out)


def test_whole_picture_only_is_kept_and_shown(unseen: Unseen, picture: Picture) -> None:
    said = unseen("case", "open", *GOOD, "--whole-picture-only", "--json", picture(1))
    case = json.loads(said.out)
    shown = unseen("case", "show", case["case"], typed=case["pin"] + "\n")
    assert "copies of the whole picture" in shown.out
    as_json = json.loads(unseen("case", "show", case["case"], "--json", typed=case["pin"] + "\n").out)
    assert [item["regions"] for item in as_json["items"]] == [False]
    assert "region" not in unseen("bank", "list", "cases").out

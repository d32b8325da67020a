"""What someone who steals the bank could see: ``python -m bench.leak``.

    python -m bench.leak --quick
    python -m bench.leak --faces DIR --sheet likenesses.png

Whole-picture PDQ and region fingerprints are inverted, learning from photographs of ``--data`` (default
``$UNSEEN_TEST_DATA/photos``) that are not attacked.  Attacked are others of that folder, the astronaut of
scikit-image (NASA, public domain) and pictures with faces of ``--faces``.  docs/leak-audit.md says what follows.
"""

import os
from argparse import Namespace
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench._report import Report, parser
from bench.leak import attacks, codes
from bench.leak.attacks import Attacker, Learnt
from bench.leak.codes import F64Array
from bench.leak.faces import LONG_SIDE, Detector, brought, detectors, is_same
from bench.leak.jigsaw import best_fits, is_one_keypoint, is_right, share_that_overlaps
from bench.leak.keyed import columns_told_apart
from bench.leak.likeness import correlation, resized, ssim
from bench.leak.samples import standard
from bench.leak.sheet import contact_sheet
from bench.leak.victims import Victim, with_faces, without_faces
from unseen.fingerprint.pdq_kernels import decimate

Values = defaultdict[str, list[float]]


def main() -> None:
    options = parser("what stolen codes show of a picture")
    options.add_argument("--data", type=Path, help="photographs (default $UNSEEN_TEST_DATA/photos)")
    options.add_argument("--faces", type=Path, help="pictures with faces, and faces.tsv (see victims.py)")
    options.add_argument("--sheet", type=Path, help="write a PNG of originals and likenesses")
    asked = options.parse_args()
    rng = np.random.default_rng(asked.seed)
    attacked, learnt = (4, 12) if asked.quick else (10, 60)
    others, lumas = without_faces(folder_of(asked), rng, attacked, learnt)
    portraits = with_faces(asked.faces)
    whole, region = codes.whole_picture(), codes.region()
    attacker = attacks.learn(lumas, whole, region, rng)
    victims = [*portraits, *others]
    report = Report(benchmark="leak", n=len(victims), seed=asked.seed)
    made = [{**attacks.whole_pictures(each, attacker), **attacks.oracle_pictures(each, attacker)} for each in victims]
    likenesses(report, victims, made, attacker)
    patch_likenesses(report, victims, attacker)
    found_faces(report, portraits, others, made, attacker)
    laid_together(report, victims[:3] if asked.quick else victims, attacker, rng)
    known_codes(report, victims)
    report.agreement(
        f"learnt from {len(lumas)} other photographs ({attacker.patches_learnt:,} regions, half of them mirrored); "
        f"attacked: {len(portraits)} with faces, {len(others)} without"
    )
    report.print()
    if asked.sheet:
        write_sheet(victims, made, attacker, asked.sheet)
    if asked.json:
        report.json()


def folder_of(asked: Namespace) -> Path:
    if asked.data:
        return Path(asked.data)
    if not os.environ.get("UNSEEN_TEST_DATA"):
        raise SystemExit("Name a folder of photographs with --data, or set UNSEEN_TEST_DATA.")
    return Path(os.environ["UNSEEN_TEST_DATA"]) / "photos"


def likenesses(report: Report, victims: list[Victim], made: list[dict[str, F64Array]], attacker: Attacker) -> None:
    """Of whole pictures, at 64x64."""
    values: Values = defaultdict(list)
    for victim, pictures in zip(victims, made, strict=True):
        true = resized(attacks.original(victim), 64, 64)
        values["PDQ: variance that its frequencies hold"].append(held(attacker.whole, decimate(victim.luma)))
        for name, picture in pictures.items():
            small = resized(picture, 64, 64)
            values[f"{name}: correlation"].append(correlation(small, true))
            values[f"{name}: SSIM"].append(ssim(small, true))
    put(report, values, "mean, 64x64")


def held(learnt: Learnt, samples: NDArray[np.floating]) -> float:
    """The share of the samples' variance that lies in the measured frequencies."""
    whole = standard(samples.reshape(-1, learnt.transform.side**2).astype(np.float64))
    return float((learnt.transform.measured(whole) ** 2).sum() / (whole**2).sum())


def patch_likenesses(report: Report, victims: list[Victim], attacker: Attacker) -> None:
    """Of regions alone, at 32x32."""
    values: Values = defaultdict(list)
    transform = attacker.region.transform
    for victim in victims:
        signs = transform.signs(victim.regions.codes[:, 0])
        values["region: variance that its frequencies hold"].append(held(attacker.region, victim.regions.samples))
        for name, decoded in attacks.patches(victim, attacker, refine=8).items():
            for patch, true in zip(decoded, victim.regions.samples, strict=False):
                values[f"{name}: correlation"].append(correlation(patch, true))
                values[f"{name}: SSIM"].append(ssim(patch.reshape(32, 32), true.reshape(32, 32) / 64))
            if name.endswith(("linear", "spectrum", "gradient")):
                values[f"{name}: bits as in the code"] += list(transform.agreement(decoded, signs[: len(decoded)]))
        values["regions a picture"].append(len(victim.regions.codes))
        values["largest region, share of the longer side"].append(
            float(victim.regions.sides.max() / max(victim.luma.shape))
        )
        values["median region, share of the longer side"].append(median(victim.regions.sides / max(victim.luma.shape)))
    put(report, values, "mean, 32x32")


def found_faces(
    report: Report,
    portraits: list[Victim],
    others: list[Victim],
    made: list[dict[str, F64Array]],
    attacker: Attacker,
) -> None:
    """How often a detector finds the face where it is, and how often it sees one where there is none."""
    for kind, detect in detectors().items():
        values: Values = defaultdict(list)
        for number, victim in enumerate([*portraits, *others]):
            for name, picture in {"original": attacks.original(victim), **made[number]}.items():
                boxes = detect(brought(picture))
                true = victim.face_at(LONG_SIDE)
                if true is not None:
                    values[f"{kind} {name}: faces found"].append(float(any(is_same(box, true) for box in boxes)))
                else:
                    values[f"{kind} {name}: sees one where none is"].append(float(bool(boxes)))
            patch_faces(values, kind, detect, victim, attacker)
        put(report, values, "share of pictures")


def patch_faces(values: Values, kind: str, detect: Detector, victim: Victim, attacker: Attacker) -> None:
    """Regions alone, turned to four sides: whether any of a picture's twelve largest shows a face."""
    largest = np.argsort(-victim.regions.sides)[:12]
    signs = attacker.region.transform.signs(victim.regions.codes[largest, 0])
    shown = {
        "region alone, true samples": victim.regions.samples[largest],
        "region alone, linear": attacker.region.linear[256].decode(signs),
    }
    ends = "a face in one of 12" if victim.face else "sees one where none is (of 12)"
    for name, samples in shown.items():
        turned = (np.rot90(patch.reshape(32, 32), quarter) for patch in samples for quarter in range(4))
        values[f"{kind} {name}: {ends}"].append(float(any(detect(resized(each, 128, 128)) for each in turned)))


def laid_together(report: Report, victims: list[Victim], attacker: Attacker, rng: np.random.Generator) -> None:
    """The jigsaw, by the first 48 regions of each picture."""
    values: Values = defaultdict(list)
    rights: list[tuple[float, bool]] = []
    for victim in victims:
        regions = victim.regions.first(48)
        decoded = attacker.region.linear[256].decode(attacker.region.transform.signs(regions.codes[:, 0]))
        fits = best_fits(decoded)
        judged = [is_right(fit, regions) for fit in fits]
        rights += [(fit.score, right) for fit, right in zip(fits, judged, strict=True)]
        values["jigsaw: regions laid right"].append(float(np.mean(judged)))
        values["jigsaw: of these, one keypoint in two directions"] += [
            float(is_one_keypoint(fit, regions)) for fit, right in zip(fits, judged, strict=True) if right
        ]
        elsewhere = regions.chosen(rng.permutation(len(fits)))
        values["jigsaw: laid right by chance"].append(float(np.mean([is_right(fit, elsewhere) for fit in fits])))
        values["jigsaw: regions with such a neighbour"].append(share_that_overlaps(regions))
    rights.sort(reverse=True)
    for name, part in (("tenth", 10), ("hundredth", 100)):
        strongest = [right for _, right in rights[: max(len(rights) // part, 1)]]
        values[f"jigsaw: right, of the strongest {name}"].append(float(np.mean(strongest)))
    put(report, values, "share")


def known_codes(report: Report, victims: list[Victim]) -> None:
    """What protects a secret order of bits."""
    values: Values = defaultdict(list)
    for victim in victims:
        for known in (12, 24, 48):
            if len(victim.regions.codes) >= known:
                values[f"secret order: positions given away by {known} known codes"].append(
                    columns_told_apart(victim.regions.codes[:known, 0])
                )
    put(report, values, "share")


def put(report: Report, values: Values, unit: str) -> None:
    for name, found in values.items():
        report.row(name, unit, float(np.mean(found)))


def write_sheet(victims: list[Victim], made: list[dict[str, F64Array]], attacker: Attacker, path: Path) -> None:
    """Six photographs; then the six largest regions of the first three, true and decoded."""
    shown = ("original, blurred to PDQ's frequencies", "PDQ, spectrum", "PDQ, gradient", "places told, linear")
    rows = []
    for victim, pictures in list(zip(victims, made, strict=True))[:6]:
        true = attacks.original(victim)
        rows.append([("original", true, true), *((name[-28:], pictures[name], true) for name in shown)])
    for victim in victims[:3]:
        largest = np.argsort(-victim.regions.sides)[:3]
        signs = attacker.region.transform.signs(victim.regions.codes[largest, 0])
        decoded = attacker.region.linear[256].decode(signs).reshape(-1, 32, 32)
        row = []
        for patch, true in zip(decoded, victim.regions.samples[largest].reshape(-1, 32, 32) / 64, strict=True):
            row += [("region, true samples", true, true), ("region, from its code", patch, true)]
        rows.append(row)
    contact_sheet(rows, path)


if __name__ == "__main__":
    main()

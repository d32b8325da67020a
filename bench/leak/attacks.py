"""Every way of inverting, applied to one photograph; each gives a picture of 256 pixels along the longer side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.fft import dctn, idctn

from bench.leak.canvas import CANVAS, composite, view_of
from bench.leak.codes import F64Array, Transform, U8Array
from bench.leak.decoders import Linear, Spectrum, fit_linear, fit_spectrum, refined
from bench.leak.likeness import resized
from bench.leak.samples import of_crops, of_regions, standard
from bench.leak.victims import Victim
from unseen.fingerprint.pdq_kernels import code_of, decimate

FREQUENCIES_KEPT = (128, 64, 32)
REGIONS_KEPT = (48, 24, 12)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """What an attacker knows of one kind of code from other photographs."""

    transform: Transform
    spectrum: Spectrum
    linear: Mapping[int, Linear]  #: by how many of the bits it is given


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attacker:
    """Both kinds."""

    whole: Learnt
    region: Learnt
    patches_learnt: int


def learn(lumas: list[U8Array], whole: Transform, region: Transform, rng: np.random.Generator) -> Attacker:
    """From other photographs."""
    signs, samples = of_crops(lumas, whole, 20, rng)
    pdq = Learnt(transform=whole, spectrum=fit_spectrum(whole, samples), linear={256: fit_linear(signs, samples)})
    signs, samples = of_regions(lumas, region)
    linear = {used: fit_linear(signs, samples, used) for used in (256, *FREQUENCIES_KEPT)}
    patches = Learnt(transform=region, spectrum=fit_spectrum(region, samples), linear=linear)
    return Attacker(whole=pdq, region=patches, patches_learnt=len(signs))


def original(victim: Victim) -> F64Array:
    """The photograph at the canvas's size."""
    ratio = CANVAS / max(victim.luma.shape)
    height, width = (round(side * ratio) for side in victim.luma.shape)
    return resized(victim.luma.astype(np.float64), height, width)


def whole_pictures(victim: Victim, attacker: Attacker) -> dict[str, F64Array]:
    """From PDQ; first what no attacker of PDQ could improve on: the picture with the frequencies 0 to 16 alone."""
    learnt = attacker.whole
    sampled = decimate(victim.luma)
    signs = learnt.transform.signs(code_of(sampled)[None])
    waves = dctn(sampled.astype(np.float64), norm="ortho")
    waves[17:], waves[:, 17:] = 0, 0
    linear = learnt.linear[256].decode(signs)
    spectrum = learnt.spectrum.decode(signs)
    found = {
        "original, blurred to PDQ's frequencies": idctn(waves, norm="ortho"),
        "PDQ, spectrum": spectrum,
        "PDQ, linear": linear,
        "PDQ, gradient": refined(learnt.transform, signs, spectrum, variation=0.002),
    }
    height, width = original(victim).shape
    return {name: resized(samples.reshape(64, 64), height, width) for name, samples in found.items()}


def oracle_pictures(victim: Victim, attacker: Attacker) -> dict[str, F64Array]:
    """From regions, by an attacker who is told their places; the first from the true samples instead of codes."""
    learnt, regions = attacker.region, victim.regions
    signs = learnt.transform.signs(regions.codes[:, 0])
    height, width = original(victim).shape
    ratio = CANVAS / max(victim.luma.shape)
    view = view_of(regions, height, width, ratio)
    decoded = learnt.linear[256].decode(signs)
    found = {
        "places told, true samples": composite(view, standard(regions.samples)),
        "places told, spectrum": composite(view, learnt.spectrum.decode(signs)),
        "places told, linear": composite(view, decoded),
    }
    for used in FREQUENCIES_KEPT:
        found[f"places told, {used} bits"] = composite(view, learnt.linear[used].decode(signs))
    for most in REGIONS_KEPT:
        part = view_of(regions.first(most), height, width, ratio)
        found[f"places told, {most} regions"] = composite(part, decoded[:most])
    return found


def patches(victim: Victim, attacker: Attacker, refine: int) -> dict[str, F64Array]:
    """Every region alone, (n, 1024); by gradient only the first ``refine``."""
    learnt = attacker.region
    signs = learnt.transform.signs(victim.regions.codes[:, 0])
    linear = learnt.linear[256].decode(signs)
    found = {"region, spectrum": learnt.spectrum.decode(signs), "region, linear": linear}
    for used in FREQUENCIES_KEPT:
        found[f"region, {used} bits"] = learnt.linear[used].decode(signs)
    found["region, gradient"] = refined(learnt.transform, signs[:refine], linear[:refine], variation=0.002)
    return found

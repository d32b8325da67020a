"""Every edit of the suite, with the ranges it draws from.

Shares are of the picture's side or area unless the function says otherwise.  The ranges are what people do, not what
any fingerprint stands; change one and the figures of every run before are no longer comparable.
"""

from typing import Final

from bench.copies.edits import camera, covers, frames, geometry, layouts, recoding, screens, tone
from bench.copies.edits.records import Edit, Theme

_RECODING = (
    Edit(name="jpeg", theme=Theme.RECODING, make=recoding.jpeg, severity={"quality": (8, 40)}),
    Edit(name="webp", theme=Theme.RECODING, make=recoding.webp, severity={"quality": (8, 50)}),
    Edit(name="avif", theme=Theme.RECODING, make=recoding.avif, severity={"quality": (15, 50)}),
    Edit(name="palette", theme=Theme.RECODING, make=recoding.palette, severity={"colours": (32, 255)}),
    Edit(name="reduced", theme=Theme.RECODING, make=recoding.reduced, severity={"scale": (0.2, 0.6)}),
    Edit(name="thumbnail", theme=Theme.RECODING, make=recoding.thumbnail, severity={"long_side": (160, 320)}),
    Edit(name="enlarged", theme=Theme.RECODING, make=recoding.enlarged, severity={"scale": (1.4, 2.5)}),
    Edit(
        name="chat chain",
        theme=Theme.RECODING,
        make=recoding.chat_chain,
        severity={"passes": (2, 3), "quality": (70, 85)},
    ),
)

_GEOMETRY = (
    Edit(name="crop 2-10 %", theme=Theme.GEOMETRY, make=geometry.cropped, severity={"removed": (0.02, 0.1)}),
    Edit(name="crop 10-30 %", theme=Theme.GEOMETRY, make=geometry.cropped, severity={"removed": (0.1, 0.3)}),
    Edit(name="crop 30-50 %", theme=Theme.GEOMETRY, make=geometry.cropped, severity={"removed": (0.3, 0.5)}),
    Edit(name="crop 50-70 %", theme=Theme.GEOMETRY, make=geometry.cropped, severity={"removed": (0.5, 0.7)}),
    Edit(name="one side cut off", theme=Theme.GEOMETRY, make=geometry.cut_off, severity={"removed": (0.1, 0.5)}),
    Edit(name="feed shape", theme=Theme.GEOMETRY, make=geometry.to_feed_shape, severity={"removed": (0.15, 0.6)}),
    Edit(name="mirrored", theme=Theme.GEOMETRY, make=geometry.mirrored, severity={}),
    Edit(
        name="mirrored and cropped",
        theme=Theme.GEOMETRY,
        make=geometry.mirrored_and_cropped,
        severity={"removed": (0.05, 0.4)},
    ),
    Edit(name="quarter turn", theme=Theme.GEOMETRY, make=geometry.quarter_turned, severity={}),
    Edit(name="rotated a little", theme=Theme.GEOMETRY, make=geometry.rotated, severity={"degrees": (2, 15)}),
    Edit(name="rotated by any angle", theme=Theme.GEOMETRY, make=geometry.rotated, severity={"degrees": (15, 180)}),
    Edit(name="straightened", theme=Theme.GEOMETRY, make=geometry.straightened, severity={"degrees": (2, 12)}),
    Edit(name="stretched", theme=Theme.GEOMETRY, make=geometry.stretched, severity={"factor": (1.15, 1.6)}),
    Edit(name="perspective", theme=Theme.GEOMETRY, make=geometry.leaning, severity={"corners_moved": (0.03, 0.12)}),
)

_TONE = (
    Edit(name="blurred", theme=Theme.TONE, make=tone.blurred, severity={"sigma_share": (0.002, 0.006)}),
    Edit(name="shaken", theme=Theme.TONE, make=tone.shaken, severity={"length_share": (0.008, 0.02)}),
    Edit(name="noisy", theme=Theme.TONE, make=tone.noisy, severity={"deviation": (12, 40)}),
    Edit(name="colour filter", theme=Theme.TONE, make=tone.colour_filtered, severity={"strength": (0.4, 1)}),
    Edit(name="grey", theme=Theme.TONE, make=tone.greyed, severity={}),
    Edit(name="duotone", theme=Theme.TONE, make=tone.duotone, severity={}),
    Edit(name="brightened", theme=Theme.TONE, make=tone.exposed, severity={"gain": (1.3, 2)}),
    Edit(name="darkened", theme=Theme.TONE, make=tone.exposed, severity={"gain": (0.2, 0.6)}),
    Edit(name="contrast", theme=Theme.TONE, make=tone.contrasted, severity={"factor": (1.4, 2.2)}),
    Edit(name="sharpened", theme=Theme.TONE, make=tone.sharpened, severity={"percent": (100, 300)}),
    Edit(name="beauty", theme=Theme.TONE, make=tone.smoothed, severity={"radius_share": (0.006, 0.015)}),
    Edit(name="low light", theme=Theme.TONE, make=tone.low_light, severity={"light": (0.1, 0.4), "photons": (40, 150)}),
)

_COVER = (
    Edit(name="caption", theme=Theme.COVER, make=covers.caption, severity={"height_share": (0.06, 0.18)}),
    Edit(name="big words", theme=Theme.COVER, make=covers.words_over, severity={"height_share": (0.12, 0.4)}),
    Edit(name="corner mark", theme=Theme.COVER, make=covers.corner_mark, severity={"width_share": (0.15, 0.4)}),
    Edit(name="tiled mark", theme=Theme.COVER, make=covers.tiled_mark, severity={"opacity": (0.2, 0.6)}),
    Edit(name="stickers", theme=Theme.COVER, make=covers.stickers, severity={"area_share": (0.15, 0.3)}),
    Edit(name="small stickers", theme=Theme.COVER, make=covers.small_stickers, severity={"area_share": (0.06, 0.15)}),
    Edit(name="mosaic", theme=Theme.COVER, make=covers.mosaic, severity={"area_share": (0.05, 0.2)}),
    Edit(name="face hidden", theme=Theme.COVER, make=covers.face_hidden, severity={"area_share": (0.05, 0.2)}),
    Edit(name="scribbles", theme=Theme.COVER, make=covers.scribbles, severity={"area_share": (0.05, 0.15)}),
)

_FRAME = (
    Edit(name="bars", theme=Theme.FRAME, make=frames.bars, severity={"area_share": (0.15, 0.5)}),
    Edit(name="blurred bars", theme=Theme.FRAME, make=frames.blurred_bars, severity={"area_share": (0.2, 0.6)}),
    Edit(name="border", theme=Theme.FRAME, make=frames.border, severity={"width_share": (0.03, 0.12)}),
    Edit(name="instant print", theme=Theme.FRAME, make=frames.instant_print, severity={"width_share": (0.04, 0.08)}),
    Edit(name="backdrop", theme=Theme.FRAME, make=frames.backdrop, severity={"margin_share": (0.05, 0.15)}),
    Edit(name="on a canvas", theme=Theme.FRAME, make=frames.on_canvas, severity={"scale": (0.5, 0.9)}),
)

_SCREEN = (
    Edit(name="screenshot: chat", theme=Theme.SCREEN, make=screens.chat, severity={"width_share": (0.6, 0.8)}),
    Edit(name="screenshot: gallery", theme=Theme.SCREEN, make=screens.gallery, severity={}, needs_others=True),
    Edit(name="screenshot: story", theme=Theme.SCREEN, make=screens.story, severity={}),
    Edit(name="screenshot: web page", theme=Theme.SCREEN, make=screens.web_page, severity={}),
    Edit(name="screenshot: profile", theme=Theme.SCREEN, make=screens.profile_grid, severity={}, needs_others=True),
    Edit(name="screenshot: feed", theme=Theme.SCREEN, make=screens.feed_post, severity={}),
)


def _collage(cells: int, least: int, most: int) -> Edit:
    return Edit(
        name=f"collage of {cells}",
        theme=Theme.LAYOUT,
        make=layouts.collage,
        severity={"cells": (cells, cells), "width": (least, most)},
        needs_others=True,
    )


_LAYOUT = (
    _collage(2, 1080, 1600),
    _collage(3, 1080, 1600),
    _collage(4, 1080, 1600),
    _collage(6, 1080, 1600),
    _collage(9, 1080, 1080),
    Edit(
        name="inset over another",
        theme=Theme.LAYOUT,
        make=layouts.inset_over,
        severity={"side_share": (0.3, 0.6)},
        needs_others=True,
    ),
    Edit(
        name="with an inset",
        theme=Theme.LAYOUT,
        make=layouts.with_inset,
        severity={"side_share": (0.25, 0.45)},
        needs_others=True,
    ),
    Edit(name="meme", theme=Theme.LAYOUT, make=layouts.meme, severity={"text_share": (0.06, 0.13)}),
)

_CAMERA = (
    Edit(
        name="photo of a screen",
        theme=Theme.CAMERA,
        make=camera.photo_of_screen,
        severity={
            "corners_moved": (0.03, 0.12),
            "moire": (0.04, 0.15),
            "glare_area": (0.05, 0.2),
            "blur": (0.7, 1.8),
            "quality": (60, 85),
        },
    ),
    Edit(
        name="printed, photographed",
        theme=Theme.CAMERA,
        make=camera.printed,
        severity={
            "corners_moved": (0.02, 0.09),
            "halftone": (0.06, 0.2),
            "unevenness": (0.2, 0.55),
            "quality": (60, 88),
        },
    ),
    Edit(name="photocopied", theme=Theme.CAMERA, make=camera.photocopied, severity={"contrast": (1.2, 1.8)}),
)

#: All single edits; ``combined`` draws from them.
SINGLE: Final = (*_RECODING, *_GEOMETRY, *_TONE, *_COVER, *_FRAME, *_SCREEN, *_LAYOUT, *_CAMERA)

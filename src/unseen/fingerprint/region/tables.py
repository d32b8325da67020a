"""The whole numbers that region fingerprints are made with; ``docs/region-fingerprint.md`` says what each is for.

They are written out, never computed, so that every machine and every language has the same: a cosine or an
exponential may differ in its last bit from one C library to the next.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 32  #: samples along a side of a patch
LEVELS: Final = 3  #: scales an octave
SPAN: Final = 11  #: side of a patch in sigmas of its keypoint
LEAST_SCALE: Final = 8  #: the first scale of ``SIGMAS``, in 1/16 of a level

# fmt: off
#: Halves of the blurs' kernels, middle first; each kernel (both halves, the middle once) sums to 2 ** 14.
FIRST_BLUR: Final = (3350, 2938, 1983, 1029, 411, 126, 30)  #: from the picture (sigma 0.5) to level 1 (2.016)
STEP_BLURS: Final = (  #: from level l to l + 1, whose sigma is 1.6 * 2 ** ((l + 1) / 3)
    (5332, 3823, 1410, 267, 26),
    (4232, 3432, 1831, 642, 148, 23),
    (3360, 2945, 1982, 1025, 407, 124, 29),
    (2666, 2454, 1912, 1262, 705, 334, 134, 45, 13),
    (2116, 2009, 1717, 1321, 916, 572, 321, 163, 74, 30, 11),
)
#: 1.6 * 2 ** (k / 48) in 1/65536 of a pixel, for scales k = 8 to 56: half a level to three and a half.
SIGMAS: Final = (
    117699, 119411, 121148, 122910, 124697, 126511, 128351, 130218, 132112, 134034, 135983, 137961, 139968, 142004,
    144069, 146165, 148291, 150448, 152636, 154856, 157109, 159394, 161713, 164065, 166451, 168872, 171328, 173820,
    176349, 178914, 181516, 184156, 186835, 189553, 192310, 195107, 197945, 200824, 203745, 206709, 209715, 212766,
    215860, 219000, 222186, 225417, 228696, 232023, 235397,
)
#: The cosine over a quarter turn, in 128 steps, times 2 ** 14.
_COSINES: Final = (
    16384, 16383, 16379, 16373, 16364, 16353, 16340, 16324, 16305, 16284, 16261, 16235, 16207, 16176, 16143, 16107,
    16069, 16029, 15986, 15941, 15893, 15843, 15791, 15736, 15679, 15619, 15557, 15493, 15426, 15357, 15286, 15213,
    15137, 15059, 14978, 14896, 14811, 14724, 14635, 14543, 14449, 14354, 14256, 14155, 14053, 13949, 13842, 13733,
    13623, 13510, 13395, 13279, 13160, 13039, 12916, 12792, 12665, 12537, 12406, 12274, 12140, 12004, 11866, 11727,
    11585, 11442, 11297, 11151, 11003, 10853, 10702, 10549, 10394, 10238, 10080, 9921, 9760, 9598, 9434, 9269, 9102,
    8935, 8765, 8595, 8423, 8250, 8076, 7900, 7723, 7545, 7366, 7186, 7005, 6823, 6639, 6455, 6270, 6084, 5897,
    5708, 5520, 5330, 5139, 4948, 4756, 4563, 4370, 4176, 3981, 3786, 3590, 3393, 3196, 2999, 2801, 2603, 2404,
    2205, 2006, 1806, 1606, 1406, 1205, 1005, 804, 603, 402, 201, 0,
)
#: The angle whose tangent is m / 256, for m = 0 to 256, in 1/2048 of a turn.
_ANGLES: Final = (
    0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17, 18, 19, 20, 22, 23, 24, 25, 27, 28, 29, 30, 32, 33, 34, 36, 37,
    38, 39, 41, 42, 43, 44, 46, 47, 48, 49, 51, 52, 53, 54, 55, 57, 58, 59, 60, 62, 63, 64, 65, 67, 68, 69, 70, 71,
    73, 74, 75, 76, 77, 79, 80, 81, 82, 83, 85, 86, 87, 88, 89, 91, 92, 93, 94, 95, 96, 98, 99, 100, 101, 102, 103,
    104, 106, 107, 108, 109, 110, 111, 112, 114, 115, 116, 117, 118, 119, 120, 121, 122, 124, 125, 126, 127, 128,
    129, 130, 131, 132, 133, 134, 135, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151,
    152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173,
    174, 175, 176, 177, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 188, 189, 190, 191, 192, 193,
    194, 195, 195, 196, 197, 198, 199, 200, 201, 201, 202, 203, 204, 205, 206, 206, 207, 208, 209, 210, 211, 211,
    212, 213, 214, 215, 215, 216, 217, 218, 219, 219, 220, 221, 222, 222, 223, 224, 225, 225, 226, 227, 228, 228,
    229, 230, 231, 231, 232, 233, 234, 234, 235, 236, 236, 237, 238, 239, 239, 240, 241, 241, 242, 243, 243, 244,
    245, 245, 246, 247, 248, 248, 249, 250, 250, 251, 251, 252, 253, 253, 254, 255, 255, 256,
)
#: A Gaussian of sigma 9.6 samples, times 255, from the middle of a patch outwards.
_WINDOW: Final = (
    255, 252, 246, 239, 228, 216, 203, 188, 172, 156, 140, 124, 109, 95, 81, 69,
)
# fmt: on

I64Array = NDArray[np.int64]


def cosine(step: int) -> int:
    """The cosine of ``step`` 512ths of a turn, times 2 ** 14."""
    step %= 512
    if step > 256:
        step = 512 - step
    return _COSINES[step] if step <= 128 else -_COSINES[256 - step]


def _window() -> I64Array:
    """How much each sample counts towards shape and direction, 0 to 1016; none outside the circle."""
    half = np.array(_WINDOW, np.int64)
    line = np.concatenate([half[::-1], half])
    off = 2 * np.arange(SIDE) - (SIDE - 1)
    inside = off[:, None] ** 2 + off**2 <= (SIDE - 1) ** 2
    return np.where(inside, (line[:, None] * line) >> 6, 0)


#: The frequencies whose coefficients are the bits, first bit first: (down, across), the 256 lowest but the mean.
FREQUENCIES: Final = tuple(
    sorted(
        ((down, across) for down in range(18) for across in range(18) if down or across),
        key=lambda at: (at[0] ** 2 + at[1] ** 2, at[0]),
    )[:256]
)
BLURS: Final = tuple(np.array(kernel, np.int32) for kernel in (FIRST_BLUR, *STEP_BLURS))
WINDOW: Final = _window()  #: (32, 32) int64
ANGLES: Final = np.array(_ANGLES, np.int64)
TURNS: Final = np.array([[cosine(step), cosine(step - 128)] for step in range(512)], np.int64)  #: cosine, sine
TRANSFORM: Final = np.array(  #: (18, 32) float64: row k of the cosine transform; whole numbers
    [[cosine(4 * k * (2 * at + 1)) for at in range(SIDE)] for k in range(18)], np.float64
)

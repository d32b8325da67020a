/**
 * The whole numbers that region fingerprints are made with, written out so that every machine and language has the same.
 *
 * `docs/region-fingerprint.md` says what each is for; `unseen/fingerprint/region/tables.py` has the same in Python, and
 * a test holds the two together.
 */

/** Samples along a side of a patch. */
export const SIDE = 32;
/** Scales an octave. */
export const LEVELS = 3;
/** Side of a patch in sigmas of its keypoint. */
export const SPAN = 11;
/** The first scale of `SIGMAS`, in 1/16 of a level. */
export const LEAST_SCALE = 8;

/** Halves of the blurs' kernels, middle first: from the picture to level 1, then from each level to the next. */
export const BLURS: readonly (readonly number[])[] = [
  [3350, 2938, 1983, 1029, 411, 126, 30],
  [5332, 3823, 1410, 267, 26],
  [4232, 3432, 1831, 642, 148, 23],
  [3360, 2945, 1982, 1025, 407, 124, 29],
  [2666, 2454, 1912, 1262, 705, 334, 134, 45, 13],
  [2116, 2009, 1717, 1321, 916, 572, 321, 163, 74, 30, 11],
];

/** 1.6 * 2 ** (k / 48) in 1/65536 of a pixel, for scales k = 8 to 56. */
// prettier-ignore
export const SIGMAS = [
  117699, 119411, 121148, 122910, 124697, 126511, 128351, 130218, 132112, 134034, 135983, 137961, 139968, 142004,
  144069, 146165, 148291, 150448, 152636, 154856, 157109, 159394, 161713, 164065, 166451, 168872, 171328, 173820,
  176349, 178914, 181516, 184156, 186835, 189553, 192310, 195107, 197945, 200824, 203745, 206709, 209715, 212766,
  215860, 219000, 222186, 225417, 228696, 232023, 235397,
] as const;

/** The cosine over a quarter turn, in 128 steps, times 2 ** 14. */
// prettier-ignore
export const COSINES = [
  16384, 16383, 16379, 16373, 16364, 16353, 16340, 16324, 16305, 16284, 16261, 16235, 16207, 16176, 16143, 16107,
  16069, 16029, 15986, 15941, 15893, 15843, 15791, 15736, 15679, 15619, 15557, 15493, 15426, 15357, 15286, 15213,
  15137, 15059, 14978, 14896, 14811, 14724, 14635, 14543, 14449, 14354, 14256, 14155, 14053, 13949, 13842, 13733,
  13623, 13510, 13395, 13279, 13160, 13039, 12916, 12792, 12665, 12537, 12406, 12274, 12140, 12004, 11866, 11727,
  11585, 11442, 11297, 11151, 11003, 10853, 10702, 10549, 10394, 10238, 10080, 9921, 9760, 9598, 9434, 9269, 9102,
  8935, 8765, 8595, 8423, 8250, 8076, 7900, 7723, 7545, 7366, 7186, 7005, 6823, 6639, 6455, 6270, 6084, 5897, 5708,
  5520, 5330, 5139, 4948, 4756, 4563, 4370, 4176, 3981, 3786, 3590, 3393, 3196, 2999, 2801, 2603, 2404, 2205, 2006,
  1806, 1606, 1406, 1205, 1005, 804, 603, 402, 201, 0,
] as const;

/** The angle whose tangent is m / 256, for m = 0 to 256, in 1/2048 of a turn. */
// prettier-ignore
export const ANGLES = [
  0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17, 18, 19, 20, 22, 23, 24, 25, 27, 28, 29, 30, 32, 33, 34, 36, 37, 38,
  39, 41, 42, 43, 44, 46, 47, 48, 49, 51, 52, 53, 54, 55, 57, 58, 59, 60, 62, 63, 64, 65, 67, 68, 69, 70, 71, 73, 74,
  75, 76, 77, 79, 80, 81, 82, 83, 85, 86, 87, 88, 89, 91, 92, 93, 94, 95, 96, 98, 99, 100, 101, 102, 103, 104, 106,
  107, 108, 109, 110, 111, 112, 114, 115, 116, 117, 118, 119, 120, 121, 122, 124, 125, 126, 127, 128, 129, 130, 131,
  132, 133, 134, 135, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155,
  156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 177,
  178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 188, 189, 190, 191, 192, 193, 194, 195, 195, 196, 197, 198,
  199, 200, 201, 201, 202, 203, 204, 205, 206, 206, 207, 208, 209, 210, 211, 211, 212, 213, 214, 215, 215, 216, 217,
  218, 219, 219, 220, 221, 222, 222, 223, 224, 225, 225, 226, 227, 228, 228, 229, 230, 231, 231, 232, 233, 234, 234,
  235, 236, 236, 237, 238, 239, 239, 240, 241, 241, 242, 243, 243, 244, 245, 245, 246, 247, 248, 248, 249, 250, 250,
  251, 251, 252, 253, 253, 254, 255, 255, 256,
] as const;

/** A Gaussian of sigma 9.6 samples, times 255, from the middle of a patch outwards. */
// prettier-ignore
export const WINDOW_HALF = [
  255, 252, 246, 239, 228, 216, 203, 188, 172, 156, 140, 124, 109, 95, 81, 69,
] as const;

/** Sides, in 2 ** 20ths of the longer one, from which on a packed size is the next one: sixths of an octave. */
// prettier-ignore
export const SIZE_STEPS = [
  34716, 38968, 43740, 49097, 55109, 61858, 69433, 77936, 87480, 98193, 110218, 123715, 138866, 155872, 174960,
  196386, 220436, 247431, 277732, 311744, 349920, 392772, 440872, 494862, 555464, 623487, 699841, 785544, 881744,
  989724, 1110928,
] as const;

/** The cosine of `step` 512ths of a turn, times 2 ** 14. */
export function cosine(step: number): number {
  const whole = ((step % 512) + 512) % 512;
  const half = whole > 256 ? 512 - whole : whole;
  return half <= 128 ? COSINES[half]! : -COSINES[256 - half]!;
}

/** How much each sample counts towards shape and direction, 0 to 1016; none outside the circle.  32 x 32. */
export const WINDOW: Float64Array = patchWindow();

function patchWindow(): Float64Array {
  const weights = new Float64Array(SIDE * SIDE);
  const at = (place: number): number => WINDOW_HALF[place < 16 ? 15 - place : place - 16]!;
  for (let down = 0; down < SIDE; down++) {
    for (let across = 0; across < SIDE; across++) {
      const v = 2 * down - (SIDE - 1);
      const u = 2 * across - (SIDE - 1);
      if (u * u + v * v <= (SIDE - 1) ** 2) weights[down * SIDE + across] = (at(down) * at(across)) >> 6;
    }
  }
  return weights;
}

/** The frequencies whose coefficients are the bits, first bit first: the 256 lowest but the mean. */
export const FREQUENCIES: readonly { readonly down: number; readonly across: number }[] = Array.from(
  { length: 18 * 18 },
  (_, at) => ({ down: Math.floor(at / 18), across: at % 18 }),
)
  .slice(1)
  .sort((one, other) => one.down ** 2 + one.across ** 2 - other.down ** 2 - other.across ** 2 || one.down - other.down)
  .slice(0, 256);

/** Row k of the cosine transform: 18 x 32. */
export const TRANSFORM: Float64Array = Float64Array.from({ length: 18 * SIDE }, (_, at) =>
  cosine(4 * Math.floor(at / SIDE) * (2 * (at % SIDE) + 1)),
);

/**
 * The cosine transform's numbers, written out, since a cosine may differ in its last bit from one engine to the next.
 *
 * sqrt(2 / 64) cos(k pi / 128) for k = 0 to 64, as the nearest float32; those that no row needs are 0.
 */
// prettier-ignore
const QUARTER = new Float32Array([
  0.0, 0.17672345, 0.17656375, 0.17629771, 0.17592546, 0.17544726, 0.17486335, 0.17417413, 0.17337997, 0.17248139,
  0.17147891, 0.17037314, 0.16916475, 0.16785446, 0.16644305, 0.16493139, 0.16332036, 0.16161098, 0.15980424,
  0.15790124, 0.15590313, 0.1538111, 0.15162642, 0.14935042, 0.14698444, 0.14452994, 0.14198837, 0.13936128,
  0.13665023, 0.13385688, 0.13098289, 0.12803, 0.0, 0.121894695, 0.11871597, 0.11546574, 0.112145945, 0.108758606,
  0.10530575, 0.10178947, 0.09821187, 0.09457511, 0.090881385, 0.08713291, 0.08333196, 0.079480805, 0.075581774,
  0.07163722, 0.06764951, 0.06362105, 0.059554275, 0.05545162, 0.051315565, 0.0471486, 0.042953234, 0.038731992,
  0.034487423, 0.030222077, 0.025938528, 0.021639355, 0.017327147, 0.0130045, 0.008674021, 0.004338317, 0.0,
]);

/** Rows 1 to 16 of the 64-point cosine transform: 16 x 64 float32, row after row. */
export const TRANSFORM: Float32Array = transform();

function transform(): Float32Array {
  const rows = new Float32Array(16 * 64);
  for (let row = 0; row < 16; row++) {
    for (let at = 0; at < 64; at++) {
      const steps = ((row + 1) * (2 * at + 1)) % 256; // 256ths of a turn
      const half = steps > 128 ? 256 - steps : steps;
      rows[64 * row + at] = half > 64 ? -QUARTER[128 - half]! : QUARTER[half]!;
    }
  }
  return rows;
}

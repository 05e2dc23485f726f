// Guided filter, as bgfg's train/inference/guided_filter.py has it (He and Sun, "Fast guided filter", 2015): around each
// pixel of the network's map, alpha is fitted as a linear function of colour. The functions are smooth, so they are
// enlarged, and the picture's own colours are put into them.

// Variance of colours, in 0..1, above which they count as an edge.
const EPSILON = 1e-4;

// Alpha below this becomes 0, above 1 less this 1.
const NOTHING = 0.1;

/**
 * Fit alpha as a linear function of colour.
 * @param {Float32Array} alpha (h, w) in 0..1.
 * @param {Float32Array} guide The picture at the size of alpha, (h, w, 3) in levels 0..255.
 * @returns {Float32Array} (h, w, 4): slopes by level of red, green and blue, and the offset.
 */
export function fitPlanes(alpha, guide, size_px) {
  const count = alpha.length;
  const [red, green, blue] = [0, 1, 2].map((c) => Float64Array.from({ length: count }, (_, i) => guide[3 * i + c] / 255));
  const mean = (values) => boxMean(values, size_px);
  const meanOf = (a, b) => mean(Float64Array.from({ length: count }, (_, i) => a[i] * b[i]));
  const [r, g, b, a] = [red, green, blue, alpha].map(mean);
  const [rr, rg, rb, gg, gb, bb] = [[red, red], [red, green], [red, blue], [green, green], [green, blue], [blue, blue]]
    .map((pair) => meanOf(...pair));
  const [ra, ga, ba] = [red, green, blue].map((channel) => meanOf(channel, alpha));
  const fitted = [0, 1, 2, 3].map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    // The inverse of the symmetric matrix of covariances by its cofactors.
    const vrr = rr[i] - r[i] * r[i] + EPSILON, vrg = rg[i] - r[i] * g[i], vrb = rb[i] - r[i] * b[i];
    const vgg = gg[i] - g[i] * g[i] + EPSILON, vgb = gb[i] - g[i] * b[i], vbb = bb[i] - b[i] * b[i] + EPSILON;
    const cr = ra[i] - r[i] * a[i], cg = ga[i] - g[i] * a[i], cb = ba[i] - b[i] * a[i];
    const frr = vgg * vbb - vgb * vgb, frg = vrb * vgb - vrg * vbb, frb = vrg * vgb - vrb * vgg;
    const fgg = vrr * vbb - vrb * vrb, fgb = vrg * vrb - vrr * vgb, fbb = vrr * vgg - vrg * vrg;
    const determinant = vrr * frr + vrg * frg + vrb * frb;
    const [sr, sg, sb] = [
      (frr * cr + frg * cg + frb * cb) / determinant,
      (frg * cr + fgg * cg + fgb * cb) / determinant,
      (frb * cr + fgb * cg + fbb * cb) / determinant,
    ];
    fitted[0][i] = sr;
    fitted[1][i] = sg;
    fitted[2][i] = sb;
    fitted[3][i] = a[i] - sr * r[i] - sg * g[i] - sb * b[i];
  }
  const smooth = fitted.map(mean), planes = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) planes[4 * i + c] = smooth[c][i] / 255;
    planes[4 * i + 3] = smooth[3][i];
  }
  return planes;
}

/** Alpha of a pixel in 0..1, from its levels (at `colour` in `pixels`) and its linear function (at `plane` in `planes`). */
export function alphaAt(planes, plane, pixels, colour) {
  const followed = planes[plane] * pixels[colour] + planes[plane + 1] * pixels[colour + 1]
    + planes[plane + 2] * pixels[colour + 2] + planes[plane + 3];
  return Math.min(Math.max((followed - NOTHING) / (1 - 2 * NOTHING), 0), 1);
}

/** Mean of the 3 by 3 pixels around each of (h, w); beyond the border is what is at it. */
function boxMean(values, [height_px, width_px]) {
  const across = new Float64Array(values.length), mean = new Float64Array(values.length);
  for (let y = 0, at = 0; y < height_px; y++) {
    for (let x = 0; x < width_px; x++, at++) {
      across[at] = values[x > 0 ? at - 1 : at] + values[at] + values[x < width_px - 1 ? at + 1 : at];
    }
  }
  for (let y = 0, at = 0; y < height_px; y++) {
    for (let x = 0; x < width_px; x++, at++) {
      mean[at] = (across[y > 0 ? at - width_px : at] + across[at] + across[y < height_px - 1 ? at + width_px : at]) / 9;
    }
  }
  return mean;
}

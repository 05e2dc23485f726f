// Guided filter, as bgfg's train/inference/guided_filter.py has it (He and Sun, "Fast guided filter", 2015): around each
// pixel of the network's map, alpha is fitted as a linear function of colour. The functions are smooth, so they are
// enlarged, and the picture's own colours are put into them.

// Variance of colours, in 0..1, above which they count as an edge.
const EPSILON = 1e-4;

// Alpha below this becomes 0, above 1 less this 1.
const NOTHING = 0.1;

// More than rounding does to alpha.
const ROUNDING = 1e-4;

/**
 * Fit alpha as a linear function of colour.
 * @param {Float32Array} alpha (h, w) in 0..1.
 * @param {Float32Array} guide The picture at the size of alpha, (h, w, 3) in levels 0..255.
 * @returns {Float32Array} (h, w, 4): slopes by level of red, green and blue, and the offset.
 */
export function fitPlanes(alpha, guide, size_px) {
  const [r, g, b, a, rr, rg, rb, gg, gb, bb, ra, ga, ba] = moments(alpha, guide).map((values) => boxMean(values, size_px));
  const fitted = [0, 1, 2, 3].map(() => new Float64Array(alpha.length));
  const [red, green, blue, offset] = fitted;
  for (let i = 0; i < alpha.length; i++) {
    // The inverse of the symmetric matrix of covariances by its cofactors.
    const vrr = rr[i] - r[i] * r[i] + EPSILON, vrg = rg[i] - r[i] * g[i], vrb = rb[i] - r[i] * b[i];
    const vgg = gg[i] - g[i] * g[i] + EPSILON, vgb = gb[i] - g[i] * b[i], vbb = bb[i] - b[i] * b[i] + EPSILON;
    const frr = vgg * vbb - vgb * vgb, frg = vrb * vgb - vrg * vbb, frb = vrg * vgb - vrb * vgg;
    const fgg = vrr * vbb - vrb * vrb, fgb = vrg * vrb - vrr * vgb, fbb = vrr * vgg - vrg * vrg;
    const determinant = vrr * frr + vrg * frg + vrb * frb;
    const cr = ra[i] - r[i] * a[i], cg = ga[i] - g[i] * a[i], cb = ba[i] - b[i] * a[i];
    red[i] = (frr * cr + frg * cg + frb * cb) / determinant;
    green[i] = (frg * cr + fgg * cg + fgb * cb) / determinant;
    blue[i] = (frb * cr + fgb * cg + fbb * cb) / determinant;
    offset[i] = a[i] - red[i] * r[i] - green[i] * g[i] - blue[i] * b[i];
  }
  const smooth = fitted.map((values) => boxMean(values, size_px)), planes = new Float32Array(4 * alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    for (let c = 0; c < 3; c++) planes[4 * i + c] = smooth[c][i] / 255;
    planes[4 * i + 3] = smooth[3][i];
  }
  return planes;
}

/** Part of a map of planes outside of which alpha is 0, whatever the colours: [top, bottom, left, right], ends excluded. */
export function boxAboveNothing(planes, [height_px, width_px]) {
  let [top, bottom, left, right] = [height_px, 0, width_px, 0];
  for (let y = 0, at = 0; y < height_px; y++) {
    for (let x = 0; x < width_px; x++, at += 4) {
      const slopes = Math.max(planes[at], 0) + Math.max(planes[at + 1], 0) + Math.max(planes[at + 2], 0);
      if (255 * slopes + planes[at + 3] <= NOTHING - ROUNDING) continue;
      top = Math.min(top, y);
      bottom = y + 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  return [top, bottom, left, right];
}

/** Alpha of a pixel in 0..1, from its levels (at `colour` in `pixels`) and its linear function (at `plane` in `planes`). */
export function alphaAt(planes, plane, pixels, colour) {
  const followed = planes[plane] * pixels[colour] + planes[plane + 1] * pixels[colour + 1]
    + planes[plane + 2] * pixels[colour + 2] + planes[plane + 3];
  return Math.min(Math.max((followed - NOTHING) / (1 - 2 * NOTHING), 0), 1);
}

/** Colours in 0..1, alpha, and the products of each two of them, (h, w) each. */
function moments(alpha, guide) {
  const found = Array.from({ length: 13 }, () => new Float64Array(alpha.length));
  for (let i = 0; i < alpha.length; i++) {
    const r = guide[3 * i] / 255, g = guide[3 * i + 1] / 255, b = guide[3 * i + 2] / 255, a = alpha[i];
    found[0][i] = r; found[1][i] = g; found[2][i] = b; found[3][i] = a;
    found[4][i] = r * r; found[5][i] = r * g; found[6][i] = r * b;
    found[7][i] = g * g; found[8][i] = g * b; found[9][i] = b * b;
    found[10][i] = r * a; found[11][i] = g * a; found[12][i] = b * a;
  }
  return found;
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

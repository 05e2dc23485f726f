// Weighted blurs of small maps: means of what is around each pixel, where only some of it counts.

/**
 * Mean of what is around each pixel, by weight; where nothing around has weight, the pixel itself.
 * @param {Float32Array} pixels (h, w, 3).
 * @param {Float32Array} weight (h, w) in 0..1.
 * @param {number} reach_px How far a box reaches from its middle to each side.
 * @param {number} boxes How many boxes one after the other: three are nearly a Gaussian.
 * @returns {Float32Array} (h, w, 3).
 */
export function weightedMean(pixels, weight, size_px, reach_px, boxes = 1) {
  let sums = new Float32Array(4 * weight.length);
  for (let i = 0; i < weight.length; i++) {
    for (let c = 0; c < 3; c++) sums[4 * i + c] = weight[i] * pixels[3 * i + c];
    sums[4 * i + 3] = weight[i];
  }
  for (let i = 0; i < boxes; i++) sums = boxMean(sums, size_px, reach_px);
  const mean = new Float32Array(pixels.length);
  for (let i = 0; i < weight.length; i++) {
    const total = sums[4 * i + 3];
    for (let c = 0; c < 3; c++) mean[3 * i + c] = total > 1e-5 ? sums[4 * i + c] / total : pixels[3 * i + c];
  }
  return mean;
}

/** How far three boxes reach that are like a Gaussian of this standard deviation; a box 2r + 1 wide has r (r + 1) / 3. */
export function reachOf(sigma_px) {
  return Math.max(1, Math.round((Math.sqrt(4 * sigma_px ** 2 + 1) - 1) / 2));
}

/** Mean over a box around each pixel of (h, w, 4), by running sums along rows and then columns. */
function boxMean(values, [height_px, width_px], reach_px) {
  const across = new Float32Array(values.length), mean = new Float32Array(values.length);
  for (let y = 0; y < height_px; y++) slide(values, across, 4 * y * width_px, 4, width_px, reach_px);
  for (let x = 0; x < width_px; x++) slide(across, mean, 4 * x, 4 * width_px, height_px, reach_px);
  return mean;
}

/** Write the means along a line of pixels; beyond its ends is nothing, which counts for all four channels alike. */
function slide(from, to, start, step, count, reach_px) {
  for (let c = 0; c < 4; c++) {
    let sum = 0;
    for (let i = 0; i < Math.min(reach_px, count); i++) sum += from[start + i * step + c];
    for (let i = 0; i < count; i++) {
      if (i + reach_px < count) sum += from[start + (i + reach_px) * step + c];
      if (i - reach_px > 0) sum -= from[start + (i - reach_px - 1) * step + c];
      to[start + i * step + c] = sum / (2 * reach_px + 1);
    }
  }
}

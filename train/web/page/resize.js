// Bilinear resizing, antialiased where it shrinks: the rule of bgfg's train/ops/array_resize.py, so that a network sees
// the same numbers here as in `bgfg predict`. Pixels are areas, whose grid covers the same frame before and after.
// Sizes are [height, width] in px.

/** Source pixels of each target pixel along one side: `first`, `count` and, `most` apart, their `shares`. */
function taps(source_px, target_px) {
  const scale = source_px / target_px, reach = Math.max(1, scale);
  const most = Math.ceil(2 * reach) + 1;
  const first = new Int32Array(target_px), count = new Int32Array(target_px), shares = new Float32Array(target_px * most);
  for (let target = 0; target < target_px; target++) {
    const centre = (target + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach)), stop = Math.min(source_px, Math.ceil(centre + reach));
    const found = [];
    for (let at = start; at < stop; at++) found.push(Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach));
    const total = found.reduce((sum, share) => sum + share, 0);
    first[target] = start;
    count[target] = found.length;
    found.forEach((share, k) => { shares[target * most + k] = share / total; });
  }
  return { first, count, most, shares };
}

/**
 * Resize pixels of `channels` channels each, of which the first `kept` are kept.
 * @returns {Float32Array} (height, width, kept), in the unit of the pixels.
 */
export function resize(pixels, [height_px, width_px], [newHeight_px, newWidth_px], channels, kept = channels) {
  const rows = taps(height_px, newHeight_px), columns = taps(width_px, newWidth_px);
  const line = new Float32Array(width_px * channels);
  const resized = new Float32Array(newHeight_px * newWidth_px * kept);
  let at = 0;
  for (let y = 0; y < newHeight_px; y++) {
    line.fill(0);
    for (let k = 0; k < rows.count[y]; k++) {
      const share = rows.shares[y * rows.most + k], start = (rows.first[y] + k) * line.length;
      for (let i = 0; i < line.length; i++) line[i] += share * pixels[start + i];
    }
    for (let x = 0; x < newWidth_px; x++) {
      for (let c = 0; c < kept; c++, at++) {
        let sum = 0;
        for (let k = 0; k < columns.count[x]; k++) {
          sum += columns.shares[x * columns.most + k] * line[(columns.first[x] + k) * channels + c];
        }
        resized[at] = sum;
      }
    }
  }
  return resized;
}

/**
 * Enlarge a map (h, w, channels) row by row, bilinearly, without ever having all of the result.
 * @returns {(y: number, line: Float32Array, start?: number, stop?: number) => void} Writes row y of the enlarged map into
 *   `line`, or its pixels from `start` to `stop`.
 */
export function rowsOf(map, [height_px, width_px], channels, [newHeight_px, newWidth_px]) {
  const left = new Int32Array(newWidth_px), right = new Int32Array(newWidth_px), shares = new Float32Array(newWidth_px);
  for (let x = 0; x < newWidth_px; x++) {
    const [before, after, share] = between(x, newWidth_px, width_px);
    left[x] = before * channels;
    right[x] = after * channels;
    shares[x] = share;
  }
  const narrow = new Float32Array(width_px * channels);
  return (y, line, start = 0, stop = newWidth_px) => {
    const [above, below, share] = between(y, newHeight_px, height_px);
    const top = above * narrow.length, bottom = below * narrow.length;
    for (let i = 0; i < narrow.length; i++) narrow[i] = map[top + i] + share * (map[bottom + i] - map[top + i]);
    for (let x = start, at = start * channels; x < stop; x++) {
      for (let c = 0; c < channels; c++, at++) {
        const from = narrow[left[x] + c];
        line[at] = from + shares[x] * (narrow[right[x] + c] - from);
      }
    }
  };
}

/** The two pixels of a side between whose centres a target pixel's lies, and how near the second is, 0 to 1. */
function between(target, target_px, source_px) {
  const centre = Math.min(Math.max((target + 0.5) * source_px / target_px - 0.5, 0), source_px - 1);
  const before = Math.floor(centre);
  return [before, Math.min(before + 1, source_px - 1), centre - before];
}

// What comes behind the person: each is a function that writes row y of it, RGB in levels, into a line.

import { reachOf, weightedMean } from "./blur.js";
import { resize, rowsOf } from "./resize.js";

// The blurred scene is worked out small: this many pixels of its standard deviation are enough for a smooth result.
const SIGMA_PX = 2;

// What the picture shows this near to the person isn't taken for the bare scene, as a share of the shorter side.
const MARGIN = 0.02;

/** A colour, [red, green, blue] in levels. */
export function ofColour(rgb) {
  return (_y, line) => {
    for (let i = 0; i < line.length; i++) line[i] = rgb[i % 3];
  };
}

/** A picture of the frame's size, RGBA. */
export function ofPicture({ rgba, size_px: [, width_px] }) {
  return (y, line) => {
    for (let x = 0, i = 0, at = 4 * y * width_px; x < width_px; x++, i += 3, at += 4) {
      line[i] = rgba[at];
      line[i + 1] = rgba[at + 1];
      line[i + 2] = rgba[at + 2];
    }
  };
}

/**
 * The scene behind the person, blurred, with the person left out of it.
 * @param {object} matte Of `makeMatte`.
 * @param {number} sigma Standard deviation of the blur as a share of the frame's shorter side.
 */
export function ofBlur({ picture, empty, alpha, size_px }, sigma) {
  const shorter_px = Math.min(...picture.size_px);
  const scale = Math.min(1, SIGMA_PX / sigma / shorter_px);
  const small_px = picture.size_px.map((side) => Math.max(1, Math.round(scale * side)));
  const scene = resize(picture.rgba, picture.size_px, small_px, 4, 3);
  const hidden = hiddenBy(resize(alpha, size_px, small_px, 1), small_px);
  const shown = hidden.map((share) => 1 - share);
  if (empty) {
    const bare = resize(empty.rgba, empty.size_px, small_px, 4, 3);
    for (let i = 0; i < scene.length; i++) scene[i] += hidden[Math.floor(i / 3)] * (bare[i] - scene[i]);
    shown.fill(1);
  }
  const blurred = weightedMean(scene, shown, small_px, reachOf(sigma * shorter_px * scale), 3);
  return rowsOf(blurred, small_px, 3, picture.size_px);
}

/** How little each pixel shows of the bare scene, 0..1: the most of alpha within a margin around it. */
function hiddenBy(alpha, [height_px, width_px]) {
  const margin_px = Math.max(1, Math.round(MARGIN * Math.min(height_px, width_px)));
  const most = (values, step, count, place) => values.map((_, at) => {
    const i = place(at);
    let found = 0;
    for (let k = Math.max(-margin_px, -i); k <= Math.min(margin_px, count - 1 - i); k++) {
      found = Math.max(found, values[at + k * step]);
    }
    return found;
  });
  const across = most(alpha, 1, width_px, (at) => at % width_px);
  return most(across, width_px, height_px, (at) => Math.floor(at / width_px));
}

// What comes behind the person: each is a function that writes row y of it, RGB in levels, into a line.

import { reachOf, weightedMean } from "./blur.js";
import { rowsOf } from "./resize.js";

// What the picture shows this near to the person isn't taken for the bare scene, as a share of the shorter side.
const MARGIN = 0.02;

/** A colour, in levels. */
export function ofColour([red, green, blue]) {
  return (_y, line) => {
    for (let i = 0; i < line.length; i += 3) {
      line[i] = red;
      line[i + 1] = green;
      line[i + 2] = blue;
    }
  };
}

/** A picture of the frame's size, RGBA. */
export function ofPicture({ rgba, size_px: [, width_px] }) {
  return (y, line) => {
    for (let i = 0, at = 4 * y * width_px; i < line.length; i += 3, at += 4) {
      line[i] = rgba[at];
      line[i + 1] = rgba[at + 1];
      line[i + 2] = rgba[at + 2];
    }
  };
}

/**
 * The scene behind the person, blurred, with the person left out of it: worked out at the size of the network's map,
 * which is as fine as a blur needs.
 * @param {object} matte Of `makeMatte`.
 * @param {number} sigma Standard deviation of the blur as a share of the frame's shorter side.
 */
export function ofBlur({ picture, alpha, size_px, guide, bare }, sigma) {
  const hidden = hiddenBy(alpha, size_px), scene = guide.slice(), shown = new Float32Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    shown[i] = bare ? 1 : 1 - hidden[i];
    for (let at = 3 * i; bare && at < 3 * i + 3; at++) scene[at] += hidden[i] * (bare[at] - scene[at]);
  }
  const blurred = weightedMean(scene, shown, size_px, reachOf(sigma * Math.min(...size_px)), 3);
  return rowsOf(blurred, size_px, 3, picture.size_px);
}

/** How little each pixel shows of the bare scene, 0..1: the most of alpha within a margin around it. */
function hiddenBy(alpha, [height_px, width_px]) {
  const margin_px = Math.max(1, Math.round(MARGIN * Math.min(height_px, width_px)));
  const most = (values, step, length, placeOf) => values.map((_, at) => {
    const place = placeOf(at);
    let found = 0;
    for (let k = Math.max(-margin_px, -place); k <= Math.min(margin_px, length - 1 - place); k++) {
      found = Math.max(found, values[at + k * step]);
    }
    return found;
  });
  const across = most(alpha, 1, width_px, (at) => at % width_px);
  return most(across, width_px, height_px, (at) => Math.floor(at / width_px));
}

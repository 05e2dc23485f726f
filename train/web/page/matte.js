// The person of a picture: from a network's small map of alpha to edges, colours and a new background at full size.

import { weightedMean } from "./blur.js";
import { alphaAt, fitPlanes } from "./guided_filter.js";
import { resize, rowsOf } from "./resize.js";

// Colours around a pixel are weighed by this power of alpha, so that mixed pixels hardly count where purer ones are near.
const PURITY = 4;

// How far colours are looked for in the small map, as a share of its shorter side.
const AROUND = 0.015;

// Weight of the colours around against the equation of the picture, which is surer where the empty scene is known.
const HOLD_GUESSED = 1, HOLD_KNOWN = 0.3;

/**
 * A picture as the page works on it.
 * @typedef {{rgba: Uint8ClampedArray, size_px: number[]}} Shot
 */

/**
 * Work out what is needed to draw the person of a picture.
 * @param {Float32Array} alpha (h, w) of the network, in 0..1.
 * @param {number[]} size_px Its size.
 * @param {Float32Array} seen The picture as the network saw it, (h', w', 3) in levels.
 * @param {number[]} seenSize_px Its size.
 * @param {Shot} picture
 * @param {Shot | null} empty The empty scene, of the picture's size.
 */
export function makeMatte(alpha, size_px, seen, seenSize_px, picture, empty) {
  const guide = resize(seen, seenSize_px, size_px, 3);
  const fitted = fitPlanes(alpha, guide, size_px);
  const reach_px = Math.max(2, Math.round(AROUND * Math.min(...size_px)));
  const around = (weight) => weightedMean(guide, weight.map((share) => share ** PURITY), size_px, reach_px);
  const smaller_px = size_px.map((side, i) => Math.min(side, picture.size_px[i]));
  return {
    picture, empty, alpha, size_px, guide,
    planes: resize(fitted, size_px, smaller_px, 4), planesSize_px: smaller_px,
    front: around(alpha), back: empty ? null : around(alpha.map((share) => 1 - share)),
  };
}

/**
 * Draw the person of a matte over a backdrop, pixel by pixel at the picture's size.
 * @param {object} matte Of `makeMatte`.
 * @param {(y: number, line: Float32Array) => void} backdrop Writes row y of the new background, RGB in levels.
 * @returns {Uint8ClampedArray} RGBA.
 */
export function drawOver(matte, backdrop) {
  const behind = new Float32Array(3 * matte.picture.size_px[1]);
  return draw(matte, (y) => backdrop(y, behind), (to, at, x, alpha, red, green, blue) => {
    const rest = 1 - alpha;
    to[at] = alpha * red + rest * behind[3 * x];
    to[at + 1] = alpha * green + rest * behind[3 * x + 1];
    to[at + 2] = alpha * blue + rest * behind[3 * x + 2];
    to[at + 3] = 255;
  });
}

/** Draw the person alone, RGBA with transparency around. */
export function drawCutout(matte) {
  return draw(matte, () => {}, (to, at, _x, alpha, red, green, blue) => {
    to[at] = red;
    to[at + 1] = green;
    to[at + 2] = blue;
    to[at + 3] = 255 * alpha;
  });
}

/** Draw alpha as grey levels, RGBA. */
export function drawMask(matte) {
  return draw(matte, () => {}, (to, at, _x, alpha) => {
    to[at] = to[at + 1] = to[at + 2] = 255 * alpha;
    to[at + 3] = 255;
  });
}

/** Call `begin` for each row, and `put` for each pixel with its alpha and the person's own colours. */
function draw({ picture, empty, planes, planesSize_px, front, back, size_px }, begin, put) {
  const { rgba, size_px: [height_px, width_px] } = picture;
  const drawn = new Uint8ClampedArray(rgba.length);
  const lines = [4, 3, 3].map((channels) => new Float32Array(channels * width_px));
  const [plane, around, beyond] = lines;
  const planeRows = rowsOf(planes, planesSize_px, 4, picture.size_px);
  const frontRows = rowsOf(front, size_px, 3, picture.size_px);
  const backRows = back && rowsOf(back, size_px, 3, picture.size_px);
  const hold = empty ? HOLD_KNOWN : HOLD_GUESSED;
  const own = new Float32Array(3);
  for (let y = 0, at = 0; y < height_px; y++) {
    begin(y);
    planeRows(y, plane);
    let areColoursThere = false;
    for (let x = 0; x < width_px; x++, at += 4) {
      const alpha = alphaAt(plane, 4 * x, rgba, at);
      if (alpha === 0 || alpha === 1) {
        put(drawn, at, x, alpha, alpha * rgba[at], alpha * rgba[at + 1], alpha * rgba[at + 2]);
        continue;
      }
      if (!areColoursThere) {  // few rows have soft pixels
        areColoursThere = true;
        frontRows(y, around);
        if (backRows) backRows(y, beyond);
      }
      // A pixel is alpha · F + (1 - alpha) · B. What the blend lacks of it goes to F, by ridge regression.
      const rest = 1 - alpha, certainty = alpha / (alpha * alpha + hold * rest * rest);
      for (let c = 0; c < 3; c++) {
        const scene = empty ? empty.rgba[at + c] : beyond[3 * x + c];
        const missing = rgba[at + c] - alpha * around[3 * x + c] - rest * scene;
        own[c] = Math.min(Math.max(around[3 * x + c] + missing * certainty, 0), 255);
      }
      put(drawn, at, x, alpha, own[0], own[1], own[2]);
    }
  }
  return drawn;
}

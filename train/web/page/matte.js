// The person of a picture: from a network's small map of alpha to edges, colours and a new background at full size.

import { weightedMean } from "./blur.js";
import { alphaAt, boxAboveNothing, fitPlanes } from "./guided_filter.js";
import { resize, rowsOf } from "./resize.js";

// How far colours are looked for in the small map, as a share of its shorter side.
const AROUND = 0.015;

// Weight of the colours around against the equation of the picture, which is surer where the empty scene is known.
const HOLD_GUESSED = 1, HOLD_KNOWN = 0.3;

/**
 * A picture as the worker has it: RGBA, [height, width], and what a network saw of it, (h, w, 3) in levels.
 * @typedef {{rgba: Uint8ClampedArray, size_px: number[], seen: Float32Array, seenSize_px: number[]}} Shot
 */

/**
 * Work out what is needed to draw the person of a picture.
 * @param {{alpha: Float32Array, size_px: number[]}} found What the network found: (h, w) in 0..1.
 * @param {Shot} picture
 * @param {Shot | null} empty The empty scene, of the picture's size; null where there is no shot of it.
 */
export function makeMatte({ alpha, size_px }, picture, empty) {
  const [guide, bare] = [picture, empty].map((shot) => shot && resize(shot.seen, shot.seenSize_px, size_px, 3));
  const reach_px = Math.max(2, Math.round(AROUND * Math.min(...size_px)));
  // A picture may be smaller than the map.
  const planesSize_px = size_px.map((side, i) => Math.min(side, picture.size_px[i]));
  return {
    picture, empty, alpha, size_px, guide, bare, planesSize_px,
    planes: resize(fitPlanes(alpha, guide, size_px), size_px, planesSize_px, 4),
    front: weightedMean(guide, alpha.map(purity), size_px, reach_px),
    back: empty ? null : weightedMean(guide, alpha.map((share) => purity(1 - share)), size_px, reach_px),
  };
}

/** Weight of a pixel's colours by its share in them: mixed ones hardly count where purer ones are near. */
function purity(share) {
  return share * share * share * share;
}

/**
 * Draw the person of a matte over a backdrop, at the picture's size.
 * @param {object} matte Of `makeMatte`.
 * @param {(y: number, line: Float32Array) => void} backdrop Writes row y of the new background, RGB in levels.
 * @returns {Uint8ClampedArray} RGBA.
 */
export function drawOver(matte, backdrop) {
  const behind = new Float32Array(3 * matte.picture.size_px[1]);
  return draw(matte, (y, alphas, own, to, start) => {
    backdrop(y, behind);
    for (let x = 0, i = 0, at = start; x < alphas.length; x++, i += 3, at += 4) {
      const alpha = alphas[x], rest = 1 - alpha;
      to[at] = alpha * own[i] + rest * behind[i];
      to[at + 1] = alpha * own[i + 1] + rest * behind[i + 1];
      to[at + 2] = alpha * own[i + 2] + rest * behind[i + 2];
      to[at + 3] = 255;
    }
  });
}

/** Draw the person alone, RGBA with transparency around. */
export function drawCutout(matte) {
  return draw(matte, (_y, alphas, own, to, start) => {
    for (let x = 0, i = 0, at = start; x < alphas.length; x++, i += 3, at += 4) {
      if (alphas[x] === 0) continue;
      to[at] = own[i];
      to[at + 1] = own[i + 1];
      to[at + 2] = own[i + 2];
      to[at + 3] = 255 * alphas[x];
    }
  });
}

/** Draw alpha as grey levels, RGBA. */
export function drawMask(matte) {
  return draw(matte, (_y, alphas, _own, to, start) => {
    for (let x = 0, at = start; x < alphas.length; x++, at += 4) {
      to[at] = to[at + 1] = to[at + 2] = 255 * alphas[x];
      to[at + 3] = 255;
    }
  });
}

/** Call `write` for each row with alpha and, where that isn't 0, the person's own colours, and where to write them. */
function draw(matte, write) {
  const { picture: { rgba, size_px: [height_px, width_px] }, planes, planesSize_px } = matte;
  const drawn = new Uint8ClampedArray(rgba.length);
  const alphas = new Float32Array(width_px), own = new Float32Array(3 * width_px), line = new Float32Array(4 * width_px);
  const planeRows = rowsOf(planes, planesSize_px, 4, [height_px, width_px]);
  const colourRow = coloursOf(matte);
  const [top, bottom, left, right] = personBox(matte);
  for (let y = 0; y < height_px; y++) {
    const start = 4 * y * width_px;
    if (y < top || y >= bottom) {
      alphas.fill(0);
    } else {
      planeRows(y, line, left, right);
      for (let x = left; x < right; x++) alphas[x] = alphaAt(line, 4 * x, rgba, start + 4 * x);
      colourRow(y, alphas, own, left, right);
    }
    write(y, alphas, own, drawn, start);
  }
  return drawn;
}

/** Part of the picture outside of which nobody is, as `boxAboveNothing` has it; between two pixels lies a mean of both. */
function personBox({ planes, planesSize_px, picture: { size_px } }) {
  const [top, bottom, left, right] = boxAboveNothing(planes, planesSize_px);
  const spans = [[top, bottom], [left, right]].map(([first, last], i) => {
    const scale = size_px[i] / planesSize_px[i];
    return [Math.max(0, Math.floor((first - 1) * scale)), Math.min(size_px[i], Math.ceil((last + 1) * scale))];
  });
  return spans.flat();
}

/**
 * The person's own colours, row by row: a pixel is alpha · F + (1 - alpha) · B. What the blend of the colours around lacks
 * of it goes to F, by ridge regression, as in bgfg's train/inference/foreground.py.
 */
function coloursOf({ picture: { rgba, size_px }, empty, front, back, size_px: small_px }) {
  const [, width_px] = size_px;
  const around = new Float32Array(3 * width_px), beyond = new Float32Array(3 * width_px);
  const frontRows = rowsOf(front, small_px, 3, size_px), backRows = back && rowsOf(back, small_px, 3, size_px);
  const hold = empty ? HOLD_KNOWN : HOLD_GUESSED;
  return (y, alphas, own, left, right) => {
    frontRows(y, around, left, right);
    if (backRows) backRows(y, beyond, left, right);
    for (let x = left, i = 3 * left, at = 4 * (y * width_px + left); x < right; x++, i += 3, at += 4) {
      const alpha = alphas[x], rest = 1 - alpha;
      if (alpha === 0) continue;
      const certainty = alpha / (alpha * alpha + hold * rest * rest);
      for (let c = 0; c < 3; c++) {
        const scene = empty ? empty.rgba[at + c] : beyond[i + c];
        const missing = rgba[at + c] - alpha * around[i + c] - rest * scene;
        own[i + c] = Math.min(Math.max(around[i + c] + missing * certainty, 0), 255);
      }
    }
  };
}

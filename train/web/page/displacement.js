// Whether the empty scene lies over its picture, or the camera has moved since: as in bgfg's train/ops/displacement.py,
// blocks of the empty scene are looked for in the picture. Here only what all of them agree on counts, and nothing is moved.

import { resize } from "./resize.js";

// Blocks are compared at this length of the longer side.
const LONGER_PX = 96;
const BLOCK_PX = 16, REACH_PX = 8, STEP_PX = 8;

// Blocks of less texture (standard deviation, in levels) tell nothing.
const LEAST_TEXTURE = 3;

// A block is found where its correlation is at least so high; in its place, if elsewhere it is hardly higher.
const FOUND = 0.7, HARDLY = 0.04;

// How many blocks have to lie aside alike, and how far: a network of two shots puts up with less.
const LEAST_BLOCKS = 6, LEAST_PX = 2;

/** How far the empty scene lies beside its picture, in px of the picture; 0 where it lies over it, or nothing is sure. */
export function displacement_px(empty, picture) {
  const scale = LONGER_PX / Math.max(...picture.size_px);
  const size_px = picture.size_px.map((side) => Math.max(1, Math.round(scale * side)));
  const [before, now] = [empty, picture].map(({ seen, seenSize_px }) => grey(resize(seen, seenSize_px, size_px, 3)));
  const found = blocks(size_px).map((place) => bestPlace(before, now, place, size_px)).filter(Boolean);
  const aside = found.filter(([x, y]) => x !== 0 || y !== 0);
  const [x, y] = [0, 1].map((axis) => median(aside.map((offset) => offset[axis])));
  const alike = aside.filter(([dx, dy]) => Math.abs(dx - x) <= 1 && Math.abs(dy - y) <= 1).length;
  const isSure = alike >= LEAST_BLOCKS && alike > found.length / 2 && Math.hypot(x, y) >= LEAST_PX;
  return isSure ? Math.hypot(x, y) / scale : 0;
}

function grey(levels) {
  return Float32Array.from({ length: levels.length / 3 }, (_, i) => (levels[3 * i] + levels[3 * i + 1] + levels[3 * i + 2]) / 3);
}

/** Upper left corners [x, y] of the blocks that can be looked for all around. */
function blocks([height_px, width_px]) {
  const places = [];
  for (let y = REACH_PX; y + BLOCK_PX + REACH_PX <= height_px; y += STEP_PX) {
    for (let x = REACH_PX; x + BLOCK_PX + REACH_PX <= width_px; x += STEP_PX) places.push([x, y]);
  }
  return places;
}

/** Where a block is found, as its offset [x, y], [0, 0] in its place; null where it isn't, or has no texture. */
function bestPlace(before, now, [left, top], [, width_px]) {
  const block = pixelsOf(before, left, top, width_px);
  if (block.deviation < LEAST_TEXTURE) return null;
  let best = -1, place = null, inPlace = -1;
  for (let y = -REACH_PX; y <= REACH_PX; y++) {
    for (let x = -REACH_PX; x <= REACH_PX; x++) {
      const score = correlation(block, pixelsOf(now, left + x, top + y, width_px));
      if (Math.abs(x) <= 1 && Math.abs(y) <= 1) inPlace = Math.max(inPlace, score);
      if (score > best) [best, place] = [score, [x, y]];
    }
  }
  if (best < FOUND) return null;
  return inPlace >= best - HARDLY ? [0, 0] : place;
}

/** The pixels of a block less their mean, and their standard deviation. */
function pixelsOf(map, left, top, width_px) {
  const pixels = new Float32Array(BLOCK_PX ** 2);
  let sum = 0, squares = 0;
  for (let y = 0, i = 0; y < BLOCK_PX; y++) {
    for (let x = 0, at = (top + y) * width_px + left; x < BLOCK_PX; x++, i++, at++) {
      pixels[i] = map[at];
      sum += map[at];
      squares += map[at] ** 2;
    }
  }
  const mean = sum / pixels.length;
  for (let i = 0; i < pixels.length; i++) pixels[i] -= mean;
  return { pixels, deviation: Math.sqrt(Math.max(0, squares / pixels.length - mean ** 2)) };
}

function correlation(one, other) {
  let sum = 0;
  for (let i = 0; i < one.pixels.length; i++) sum += one.pixels[i] * other.pixels[i];
  return sum / (one.pixels.length * one.deviation * other.deviation || Infinity);
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

// Calls functions of the page as a test asks by JSON on standard input, [[function, arguments]], where arrays of numbers are
// {"f32": [...]} or {"u8": [...]}; prints their results as JSON.

import { readFileSync } from "node:fs";

import { displacement_px } from "../../../train/web/page/displacement.js";
import { fillHoles } from "../../../train/web/page/holes.js";
import { drawCutout, drawMask, makeMatte } from "../../../train/web/page/matte.js";
import { Network } from "../../../train/web/page/network.js";
import { resize } from "../../../train/web/page/resize.js";

const functions = {
  resize,
  displacement_px,
  fillHoles(alpha, size_px) {
    fillHoles(alpha, size_px);
    return alpha;
  },
  drawMask: (found, picture, empty) => drawMask(makeMatte(found, picture, empty)),
  drawCutout: (found, picture, empty) => drawCutout(makeMatte(found, picture, empty)),
  sizeFor: (card, size_px, shorter_px) => new Network(null, null, card).sizeFor(size_px, shorter_px),
};

const typed = (_key, value) => (value?.f32 ? Float32Array.from(value.f32) : value?.u8 ? Uint8ClampedArray.from(value.u8) : value);
const plain = (_key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);

const calls = JSON.parse(readFileSync(0, "utf8"), typed);
console.log(JSON.stringify(calls.map(([name, given]) => functions[name](...given)), plain));

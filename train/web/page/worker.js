// The worker that does all the arithmetic, so that the page stays smooth. The page asks, by `Engine` of engine.js; each
// question has an answer. Shots stay here: the empty scene, the picture behind, and the matte that was found last.

import { ofBlur, ofColour, ofPicture } from "./backdrop.js";
import { displacement_px } from "./displacement.js";
import { fillHoles } from "./holes.js";
import { drawCutout, drawMask, drawOver, makeMatte } from "./matte.js";
import { Network } from "./network.js";
import { resize } from "./resize.js";

// Of so many frames, whether the camera has moved is looked at in one.
const LOOK_EVERY = 30;

let network = null, empty = null, matte = null;
let framesFound = 0;  // since the empty scene was taken
let behind = null, fitted = null;  // the picture that comes behind, and its pixels at the frame's size

// Where frames are laid out to read their pixels.
const table = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

const answers = {
  /** Open a network of web.json; the one before is closed. */
  async open({ card, place }) {
    await network?.close();
    network = matte = null;
    network = await Network.open(card, place);
    return { threads: network.threads };
  },

  /** Keep the mean of some frames as the empty scene: of several, their noise goes down. Without frames, forget it. */
  empty({ frames }) {
    framesFound = 0;
    empty = frames.length ? meanShot(frames.map((frame) => shotOf(frame))) : null;
    return {};
  },

  /** Keep the picture that comes behind. */
  behind({ frame }) {
    behind = frame;
    fitted = null;
    return {};
  },

  /** Find the person in a frame, and draw it. */
  async find({ frame, shorter_px, look }) {
    const started_ms = performance.now();
    const picture = shotOf(frame), scene = network.needsEmpty ? empty : null;
    if (network.needsEmpty) requireSameSize(scene, picture);
    const size_px = network.sizeFor(picture.size_px, shorter_px);
    const shots = scene ? [scene, picture] : [picture];
    for (const shot of shots) see(shot, size_px);
    const before_ms = performance.now();
    const found = await network.run(shots.map(({ seen }) => seen), size_px);
    const network_ms = performance.now() - before_ms;
    // A network of two shots finds whoever came into the scene, and people are whole; others may find rings.
    if (scene) fillHoles(found.alpha, found.size_px);
    matte = makeMatte(found, picture, scene);
    const result = { ...drawn(look), size_px, network_ms, all_ms: performance.now() - started_ms };
    // Not of each frame: it takes as long as a small network.
    if (scene && framesFound % LOOK_EVERY === 0) result.aside_px = displacement_px(scene, picture);
    framesFound++;
    return result;
  },

  /** Draw what was found last in another way. */
  draw({ look }) {
    return drawn(look);
  },
};

/** Draw the matte as the page wants it: the pixels, RGBA, and their size. */
function drawn(look) {
  const [height_px, width_px] = matte.picture.size_px;
  return { rgba: drawAs(look), height_px, width_px };
}

function drawAs(look) {
  switch (look.kind) {
    case "mask": return drawMask(matte);
    case "transparent": return drawCutout(matte);
    case "blur": return drawOver(matte, ofBlur(matte, look.sigma));
    case "picture": return drawOver(matte, ofPicture(behindAt(matte.picture.size_px)));
    default: return drawOver(matte, ofColour(look.rgb));
  }
}

/** Note what a network sees of a shot at this size; of the empty scene that is worked out once. */
function see(shot, size_px) {
  if (String(shot.seenSize_px) === String(size_px)) return;
  shot.seen = resize(shot.rgba, shot.size_px, size_px, 4, 3);
  shot.seenSize_px = size_px;
}

function requireSameSize(scene, shot) {
  if (!scene) throw new Error("The empty scene is missing: take it, or choose its picture.");
  const [[height, width], [wanted, across]] = [scene.size_px, shot.size_px];
  if (height !== wanted || width !== across) {
    const sizes = `The empty scene has ${width}×${height} px, the picture ${across}×${wanted}`;
    throw new Error(`${sizes}: both have to be of one size, from the same place.`);
  }
}

/** The picture behind at the frame's size: its middle in the frame's proportions, never stretched. */
function behindAt([height_px, width_px]) {
  if (fitted?.size_px[0] !== height_px || fitted?.size_px[1] !== width_px) {
    const scale = Math.max(width_px / behind.width, height_px / behind.height);
    const [width, height] = [behind.width * scale, behind.height * scale];
    const context = new OffscreenCanvas(width_px, height_px).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(behind, (width_px - width) / 2, (height_px - height) / 2, width, height);
    fitted = { rgba: context.getImageData(0, 0, width_px, height_px).data, size_px: [height_px, width_px] };
  }
  return fitted;
}

/** The pixels of an ImageBitmap, which is closed. */
function shotOf(frame) {
  const { width, height } = frame;
  if (table.canvas.width !== width || table.canvas.height !== height) Object.assign(table.canvas, { width, height });
  table.globalCompositeOperation = "copy";
  table.drawImage(frame, 0, 0);
  frame.close();
  return { rgba: table.getImageData(0, 0, width, height).data, size_px: [height, width] };
}

function meanShot(shots) {
  if (shots.length === 1) return shots[0];
  const sums = new Uint16Array(shots[0].rgba.length);
  for (const { rgba } of shots) rgba.forEach((level, i) => { sums[i] += level; });
  return { rgba: Uint8ClampedArray.from(sums, (sum) => sum / shots.length), size_px: shots[0].size_px };
}

// One question after the other: none finds the network of another.
let turn = Promise.resolve();

self.onmessage = ({ data }) => {
  turn = turn.then(() => answer(data));
};

async function answer({ number, question, content }) {
  try {
    const found = await answers[question](content);
    self.postMessage({ number, answer: found }, found.rgba ? [found.rgba.buffer] : []);
  } catch (error) {
    self.postMessage({ number, problem: error.message || String(error) });
  }
}

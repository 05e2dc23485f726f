// What the page knows, for all of its files.

import { Camera } from "./camera.js";
import { Engine } from "./engine.js";

export const engine = new Engine(), camera = new Camera();

export const page = {
  about: null,        // web.json
  card: null,         // the network in use, one of its list; null while none is open
  pace: null,         // of the camera's frames
  picture: null,      // the picture that was chosen, an ImageBitmap; null while there is none, or the camera is on
  hasEmpty: false,    // whether the worker has an empty scene
  hasBehind: false,   // whether the worker has a picture that comes behind
  hasResult: false,   // whether what is shown is a result, which the worker can draw in another way
  isCounting: false,  // whether the empty scene is about to be taken
  turn: 0,            // counts what makes results that are under way out of date
};

export const needsEmpty = () => page.card?.inputs.length === 2;
export const isReady = () => page.card !== null && (page.hasEmpty || !needsEmpty());

/** What is shown is no result any longer, and none that is under way will be shown. */
export function invalidate() {
  page.turn++;
  page.hasResult = false;
}

// Finding the person in pictures: what the page asks the worker for, and shows of its answers.

import { engine, invalidate, isReady, page } from "./state.js";
import { $, look, refresh, say, showAsItIs, showPixels, showThumbnail, warnOfMotion } from "./view.js";

/**
 * Find the person in a frame, which is given away, and show the result.
 * @returns {Promise<object | null>} Sizes and times; null where the page has gone on to something else meanwhile.
 */
export async function find(frame, shorter_px) {
  const turn = page.turn;
  try {
    const found = await engine.ask("find", { frame, shorter_px, look: look() }, [frame]);
    if (turn !== page.turn) return null;
    page.hasResult = true;
    showPixels(found);
    if (found.aside_px !== undefined) warnOfMotion(found.aside_px);
    return found;
  } catch (error) {
    if (turn !== page.turn) return null;
    throw error;
  }
}

/** Show the picture that was chosen, with another background where the network can find who is on it. */
export async function showPicture() {
  if (!page.picture) return;
  invalidate();
  showAsItIs(page.picture);
  refresh();
  if (!isReady()) return;
  say("Looking at the picture …");
  try {
    const found = await find(await createImageBitmap(page.picture), Number($("detail").value) || null);
    if (!found) return;
    const { all_ms, size_px: [rows, columns] } = found;
    $("speed").textContent = `${columns}×${rows} px in ${(all_ms / 1000).toFixed(2)} s`;
  } finally {
    say("");
  }
}

/** Draw what was found in the picture in another way, if that was chosen; the camera's next frame has it anyway. */
export async function redraw() {
  const turn = page.turn;
  if (!page.hasResult || !page.picture) return;
  const drawn = await engine.ask("draw", { look: look() });
  if (turn === page.turn) showPixels(drawn);
}

/** Give frames to the worker as the empty scene, and show the first. */
export async function keepEmpty(frames) {
  showThumbnail(frames[0]);
  invalidate();
  await engine.ask("empty", { frames }, frames);
  page.hasEmpty = true;
  warnOfMotion(0);
}

export async function forgetEmpty() {
  invalidate();
  page.hasEmpty = false;
  warnOfMotion(0);
  await engine.ask("empty", { frames: [] });
}

// What the page says and draws.

import { camera, isReady, needsEmpty, page } from "./state.js";

export const COUNTDOWN_S = 5;

const THUMBNAIL_PX = 288;

export const $ = (id) => document.getElementById(id);

export function say(text) {
  $("status").textContent = text;
}

/** Say that the empty scene lies so far beside the picture; nothing of 0 px. */
export function warnOfMotion(aside_px) {
  $("motion").textContent = `The camera has moved, some ${aside_px.toFixed(0)} px, since the empty scene was taken: take it again.`;
  $("motion").hidden = aside_px === 0;
}

export function complain(problem) {
  $("alarm").textContent = problem?.message ?? "";
  $("alarm").hidden = !problem;
}

/** Make of what a control starts a function that shows what goes wrong, and brings the page in line afterwards. */
export function guarded(work) {
  return async (...given) => {
    complain(null);
    try {
      await work(...given);
    } catch (error) {
      console.error(error);
      complain(error);
    }
    refresh();
  };
}

/** Say in the frame what comes next; "" where that is plain. */
function hint() {
  if (page.isCounting || page.hasResult || !page.card) return "";
  const lacksEmpty = needsEmpty() && !page.hasEmpty;
  if (camera.isOn) return lacksEmpty ? "Step out of the picture, and take the empty scene." : "";
  if (page.picture) return lacksEmpty ? "Now choose the picture of the empty scene." : "";
  return page.hasEmpty ? "Now choose the picture with you." : "Start the camera, or choose a picture.";
}

/** Bring the page in line with what there is. */
export function refresh() {
  $("hint").textContent = hint();
  $("hint").classList.toggle("over-picture", camera.isOn || page.picture !== null);
  $("empty").hidden = !needsEmpty();
  $("thumbnail").hidden = !page.hasEmpty;
  $("camera").textContent = camera.isOn ? "Stop the camera" : "Start the camera";
  $("camera").classList.toggle("main", !camera.isOn && !page.picture);
  $("take").hidden = !camera.isOn;
  $("take").disabled = page.isCounting;
  $("take").textContent = `Take it ${page.hasEmpty ? "again " : ""}in ${COUNTDOWN_S} s`;
  $("take").classList.toggle("main", camera.isOn && !isReady());
  $("mirrored").hidden = !camera.isOn;
  $("frame").classList.toggle("is-mirror", camera.isOn && $("mirror").checked);
  $("frame").classList.toggle("see-through", page.hasResult && lookChosen() === "transparent");
  $("save").disabled = !page.hasResult;
  if (!page.hasResult) $("speed").textContent = "";
  for (const part of document.querySelectorAll("[data-look]")) part.hidden = part.dataset.look !== lookChosen();
}

const lookChosen = () => new FormData($("controls")).get("look");

/** How the result is to look, as the worker takes it. */
export function look() {
  const kind = lookChosen();
  if (kind === "blur") return { kind, sigma: $("blur").value / 100 };
  if (kind === "transparent" || kind === "mask" || (kind === "picture" && page.hasBehind)) return { kind };
  return { kind: "colour", rgb: $("colour").value.match(/[0-9a-f]{2}/gi).map((digits) => parseInt(digits, 16)) };
}

/** Show the pixels that the worker drew. */
export function showPixels({ rgba, width_px, height_px }) {
  context($("result"), width_px, height_px).putImageData(new ImageData(rgba, width_px, height_px), 0, 0);
}

/** Show a picture as it is. */
export function showAsItIs(picture) {
  context($("result"), picture.width, picture.height).drawImage(picture, 0, 0);
}

export function showNothing() {
  const { width, height } = $("result");
  context($("result"), width, height).clearRect(0, 0, width, height);
}

/** Show the empty scene beside the frame. */
export function showThumbnail(picture) {
  const height_px = Math.round((THUMBNAIL_PX * picture.height) / picture.width);
  context($("thumbnail"), THUMBNAIL_PX, height_px).drawImage(picture, 0, 0, THUMBNAIL_PX, height_px);
}

/** The context of a canvas of this size; a size that is set anew would clear it, and take time. */
function context(canvas, width_px, height_px) {
  if (canvas.width !== width_px) canvas.width = width_px;
  if (canvas.height !== height_px) canvas.height = height_px;
  return canvas.getContext("2d");
}

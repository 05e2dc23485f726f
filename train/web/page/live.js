// The camera's part of the page: frames are shown as they are until there is an empty scene, then with another background.

import { find, forgetEmpty, keepEmpty } from "./finding.js";
import { FrameRate } from "./pace.js";
import { camera, invalidate, isReady, page } from "./state.js";
import { $, complain, COUNTDOWN_S, refresh, say, showAsItIs, showNothing } from "./view.js";

// Frames of which the empty scene is the mean: of eight, their noise is a third.
const EMPTY_FRAMES = 8;

export async function toggleCamera() {
  if (camera.isOn) return stopCamera();
  return startCamera();
}

export async function startCamera() {
  say("Asking for the camera …");
  try {
    await camera.open($("device").value, () => {
      stopCamera();
      complain(new Error("The camera is gone. Connect it and start it again, or use pictures."));
    });
  } finally {
    say("");
  }
  invalidate();
  page.picture?.close();
  page.picture = null;
  await forgetEmpty();
  $("mirror").checked = camera.looksAtUser;
  await offerDevices();
  showFrames().catch((error) => {
    stopCamera();
    complain(error);
  });
}

export function stopCamera() {
  camera.close();
  invalidate();
  showNothing();
  refresh();
}

async function showFrames() {
  const rate = new FrameRate(), stream = camera.stream;
  for (let frame = await camera.frame(); frame && camera.stream === stream; frame = await camera.frame()) {
    if (page.isCounting || !isReady()) {
      if (page.hasResult) invalidate();
      showAsItIs(frame);
      frame.close();
      continue;
    }
    const isFirst = !page.hasResult, pace = page.pace;
    const found = await find(frame, pace.shorter_px);
    if (!found) continue;
    const { all_ms, network_ms, size_px: [rows, columns] } = found;
    pace.took(all_ms);
    $("speed").textContent = `${rate.tick().toFixed(1)} frames a second · ${columns}×${rows} px · `
      + `${all_ms.toFixed(0)} ms, of them ${network_ms.toFixed(0)} the network`;
    if (isFirst) refresh();
  }
}

async function offerDevices() {
  const found = await camera.devices();
  $("device").replaceChildren(...found.map(({ deviceId, label }, i) => new Option(label || `Camera ${i + 1}`, deviceId)));
  $("device").value = camera.deviceId;
  $("devices").hidden = found.length < 2;
}

/** Take the empty scene after a countdown, in which whoever started it steps out of the picture. */
export async function takeEmpty() {
  page.isCounting = true;
  refresh();
  try {
    for (let left_s = COUNTDOWN_S; left_s > 0 && camera.isOn; left_s--) {
      $("countdown").textContent = left_s;
      say(`The empty scene is taken in ${left_s} …`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    const frames = [];
    while (camera.isOn && frames.length < EMPTY_FRAMES) frames.push(await camera.frame());
    if (!camera.isOn) return say("");
    await keepEmpty(frames);
    say("Taken. Step in.");
  } finally {
    $("countdown").textContent = "";
    page.isCounting = false;
  }
}

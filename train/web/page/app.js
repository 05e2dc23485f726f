// The page: what can be chosen, and what follows from it. What is worked out, the worker works out (worker.js).

import { drops } from "./drops.js";
import { forgetEmpty, keepEmpty, redraw, showPicture } from "./finding.js";
import { isolate } from "./isolation.js";
import { startCamera, stopCamera, takeEmpty, toggleCamera } from "./live.js";
import { Pace } from "./pace.js";
import { camera, engine, invalidate, page } from "./state.js";
import { $, guarded, refresh, say } from "./view.js";

async function openNetwork() {
  const card = page.about.networks[Number(new FormData($("controls")).get("network"))];
  const place = $("place").value;
  page.card = null;
  invalidate();
  refresh();
  say("Loading the network …");
  const { threads } = await engine.ask("open", { card, place });
  page.card = card;
  offerSizes();
  say(`Ready, on ${place === "gpu" ? "the graphics card" : threads === 1 ? "one thread" : `${threads} threads`}.`);
  await showPicture();
}

/** Offer the sizes at which the network can look at pictures. */
function offerSizes() {
  const sizes = page.card.step_px === null ? [] : page.card.sizes_px;
  const given = page.about.size_px;
  if (given && sizes.length && !sizes.includes(given)) sizes.push(given);
  $("detail").replaceChildren(new Option("its usual size; live, what is fast enough", ""), ...sizes.map((px) => new Option(`${px} px`, px)));
  if (given && sizes.length) $("detail").value = given;
  choosePace();
}

function choosePace() {
  const wanted = Number($("detail").value);
  page.pace = new Pace(wanted ? [wanted] : page.card.sizes_px);
}

async function bitmapOf(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name}: is no picture that this browser can read. Choose a JPEG, PNG or WebP file.`);
  }
}

// What is done with the file of each input.
const take = {
  async picture(file) {
    const picture = await bitmapOf(file);
    if (camera.isOn) {
      stopCamera();
      await forgetEmpty();
    }
    page.picture?.close();
    page.picture = picture;
    await showPicture();
  },

  async emptyPicture(file) {
    const frame = await bitmapOf(file);
    if (camera.isOn) stopCamera();
    await keepEmpty([frame]);
    await showPicture();
  },

  async behindPicture(file) {
    const frame = await bitmapOf(file);
    await engine.ask("behind", { frame }, [frame]);
    page.hasBehind = true;
    document.querySelector("[name=look][value=picture]").checked = true;
    await redraw();
  },
};

function save() {
  $("result").toBlob((blob) => {
    const href = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href, download: "another-background.png" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  });
}

function listNetworks() {
  const { networks } = page.about;
  $("networks").append(...networks.map(({ title, text }, i) => {
    const label = Object.assign(document.createElement("label"), { className: "choice" });
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "network", value: i, checked: i === 0 });
    label.append(input, ` ${title}`, Object.assign(document.createElement("small"), { textContent: text }));
    return label;
  }));
  $("networks").hidden = networks.length < 2;
}

function listen() {
  $("networks").addEventListener("change", guarded(openNetwork));
  $("place").addEventListener("change", guarded(openNetwork));
  $("detail").addEventListener("change", guarded(() => {
    choosePace();
    return showPicture();
  }));
  $("camera").addEventListener("click", guarded(toggleCamera));
  $("device").addEventListener("change", guarded(startCamera));
  $("take").addEventListener("click", guarded(takeEmpty));
  $("mirror").addEventListener("change", refresh);
  $("behind").addEventListener("input", guarded(redraw));
  $("save").addEventListener("click", guarded(save));
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  for (const [id, taken] of Object.entries(take)) {
    $(id).addEventListener("change", guarded(async ({ target }) => {
      const [file] = target.files;
      target.value = "";  // so that the same file can be chosen again
      if (file) await taken(file);
    }));
  }
  drops([[$("empty"), guarded(take.emptyPicture)], [$("behind"), guarded(take.behindPicture)], [document.body, guarded(take.picture)]]);
}

async function begin() {
  $("asleep").remove();
  if (await isolate()) return;
  document.querySelector("main").hidden = false;
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly, by which the network runs. Use another.");
  const answer = await fetch("web.json");
  if (!answer.ok) throw new Error(`web.json can't be read (${answer.status}): make the folder anew by bgfg web.`);
  page.about = await answer.json();
  const adapter = await navigator.gpu?.requestAdapter();
  $("places").hidden = !adapter || adapter.info.isFallbackAdapter;  // one that a processor plays is many times slower
  listNetworks();
  listen();
  await openNetwork();
}

guarded(begin)();

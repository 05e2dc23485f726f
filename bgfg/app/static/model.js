// The page of networks: what is chosen goes to the server on one socket, one message after the other; results come back.
const by = (id) => document.getElementById(id);
const form = by("view"), limits = JSON.parse(form.dataset.limits);
const encoder = new TextEncoder(), decoder = new TextDecoder();
const FRAME_PX = 320;

let socket = null, waiting = [];   // those who wait for answers, in the order of their messages
let stream = null, running = 0;    // the camera, and the number of its run
let urls = [];                     // of results, until others are shown
let empty = null, backdrop = null; // files that a new socket is told of again

function view() {
  const data = new FormData(form), align = { "": null, true: true, false: false }[data.get("align")];
  return { network: data.get("network"), show: data.get("show"), colour: data.get("colour"), strength: Number(data.get("strength")), align };
}

function pack(said, payload) {
  const head = encoder.encode(JSON.stringify(said)), length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, head.length);
  return new Blob([length, head, payload ?? ""]);
}

function open() {
  if (socket) return socket.opened;
  const mine = socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/model/socket`);
  mine.binaryType = "arraybuffer";
  mine.onmessage = ({ data }) => {
    const length = new DataView(data).getUint32(0), said = JSON.parse(decoder.decode(new Uint8Array(data, 4, length)));
    waiting[0]?.take(said, data.slice(4 + length));
  };
  mine.onclose = () => {
    if (socket === mine) socket = null;
    for (const each of waiting.splice(0)) each.fail(new Error("the connection to bgfg ended: is it still running?"));
  };
  mine.opened = new Promise((done) => { mine.onopen = done; mine.onerror = done; }).then(async () => {
    if (empty) await ask({ what: "empty", name: empty.name }, empty);
    if (backdrop) await ask({ what: "backdrop", name: backdrop.name }, backdrop);
  });
  return mine.opened;
}

// Sends a message, and gives its last answer: those before it, of a video, go to `each`.
function ask(said, payload, each = () => {}) {
  return new Promise((done, fail) => {
    const take = (answer, bytes) => {
      if (answer.what === "progress" || (answer.what === "part" && !answer.of)) return each(answer, bytes);
      waiting.shift();
      return answer.what === "error" ? fail(new Error(answer.text)) : done([answer, bytes]);
    };
    if (socket?.readyState !== WebSocket.OPEN) return fail(new Error("bgfg doesn't answer: is it still running?"));
    waiting.push({ take, fail });
    socket.send(pack(said, payload));
  });
}

function say(text) { by("said").textContent = text; }
function wrong(text) { by("wrong").textContent = text; by("wrong").hidden = !text; }

// Does one thing at a time; what goes wrong is shown.
let last = Promise.resolve();
function next(task) {
  last = last.then(async () => { await open(); await task(); }).catch((error) => { say(""); wrong(error.message); });
  return last;
}

function urlOf(bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  urls.push(url);
  return url;
}

function clear() {
  by("results").replaceChildren();
  for (const url of urls.splice(0)) URL.revokeObjectURL(url);
  wrong(""); say("");
}

function link(figure, text, url, name) {
  const a = Object.assign(document.createElement("a"), { textContent: text, href: url, download: name });
  figure.querySelector(".links").append(a);
}

function figureOf(name) {
  const figure = by("result").content.firstElementChild.cloneNode(true);
  figure.querySelector("strong").textContent = name;
  by("results").append(figure);
  return figure;
}

function seconds(s) { return s < 90 ? `${Math.max(0, Math.round(s))} s` : `${Math.round(s / 60)} min`; }

async function showPicture(file) {
  if (file.size > limits.message) throw new Error(`${file.name}: larger than ${limits.message >> 20} MiB: give it to \`bgfg predict\``);
  const [told, bytes] = await ask({ what: "picture", name: file.name, view: view() }, file);
  const figure = figureOf(told.name), image = figure.querySelector("img"), stem = told.name.replace(/\.[^.]*$/, "");
  const url = urlOf(bytes.slice(0, told.shown_bytes), told.type);
  image.alt = `${told.show} of ${told.name}`;
  image.src = url;
  figure.querySelector(".frame").classList.toggle("clear", told.show === "cutout");
  figure.querySelector(".quiet").textContent = [`${told.size.join("×")}, ${told.seconds.toFixed(2)} s`, told.note].filter(Boolean).join("; ");
  link(figure, "Download", url, `${stem}_${told.show}.png`);
  if (bytes.byteLength > told.shown_bytes) link(figure, "in millimetres", urlOf(bytes.slice(told.shown_bytes), told.type), `${stem}_depth_mm.png`);
}

async function showVideo(file) {
  by("stop").hidden = false;
  const figure = figureOf(file.name), image = figure.querySelector("img"), parts = [];
  let seen = "";
  image.alt = `a frame of ${file.name}`;
  try {
    for (let at = 0; at < file.size; at += limits.part) {
      say(`${file.name}: ${Math.round(100 * at / file.size)} % read`);
      await ask({ what: "part", name: file.name, first: at === 0 }, file.slice(at, at + limits.part));
    }
    say("");
    const [told] = await ask({ what: "video", name: file.name, view: view() }, null, (answer, bytes) => {
      if (answer.what === "part") return parts.push(bytes);
      const of = answer.total ? ` of ${answer.total}, ${seconds(answer.left_s)} left` : "";
      figure.querySelector(".quiet").textContent = `frame ${answer.made}${of}`;
      if (!bytes.byteLength) return undefined;
      URL.revokeObjectURL(seen);
      image.src = seen = URL.createObjectURL(new Blob([bytes], { type: answer.type }));
      return undefined;
    });
    urls.push(seen);
    figure.querySelector(".quiet").textContent = ["done", told.note].filter(Boolean).join("; ");
    link(figure, "Download", urlOf(new Blob(parts), told.type), `${file.name.replace(/\.[^.]*$/, "")}_${view().show}.mp4`);
  } catch (error) { figure.remove(); throw error; } finally { by("stop").hidden = true; }
}

const isVideo = (file) => limits.videos.some((suffix) => file.name.toLowerCase().endsWith(suffix));
let chosen = []; // what is shown, to be shown anew where the view changes

function showFiles(files) {
  if (!files.length) return;
  stopCamera();
  by("again").hidden = true;
  chosen = files;
  next(async () => {
    if (chosen !== files) return; // others were chosen meanwhile
    clear();
    const failures = new Set(); // what is wrong with all of them is said once
    for (const [i, file] of files.entries()) {
      if (files.length > 1) say(`${i + 1} of ${files.length}`);
      try {
        await (isVideo(file) ? showVideo : showPicture)(file);
      } catch (error) { wrong([...failures.add(error.message)].slice(0, 5).join("\n")); }
      if (chosen !== files || !socket) break;
    }
    say("");
  });
}

async function startCamera() {
  const run = ++running, seen = by("seen");
  by("camera").setAttribute("aria-pressed", "true");
  let found;
  try {
    found = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } } });
    if (run === running) {
      stream = seen.srcObject = found;
      await seen.play();
    }
  } catch (error) {
    if (run === running) { stopCamera(); wrong(`the camera can't be used (${error.message}): allow it, or close what uses it`); }
  }
  if (run !== running) return release(found); // it was stopped meanwhile
  clear();
  chosen = [];
  by("again").hidden = true;
  by("live").hidden = false;
  by("take").hidden = !isTwoShot();
  live(run);
  return undefined;
}

function release(camera) {
  for (const track of camera?.getTracks() ?? []) track.stop();
}

function stopCamera() {
  running++;
  release(stream);
  stream = null;
  by("live").hidden = by("take").hidden = true;
  by("camera").setAttribute("aria-pressed", "false");
}

const canvas = document.createElement("canvas");
function grab() {
  const { videoWidth, videoHeight } = by("seen"), scale = Math.min(1, FRAME_PX / Math.max(1, videoWidth));
  canvas.width = Math.max(1, Math.round(videoWidth * scale));
  canvas.height = Math.max(1, Math.round(videoHeight * scale));
  canvas.getContext("2d").drawImage(by("seen"), 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

async function live(run) {
  const shown = by("shown"), times = [];
  let url = "";
  while (run === running) {
    if (isTwoShot() && !empty) {
      by("rate").textContent = "step out of the picture, then take the empty scene";
      await new Promise((done) => setTimeout(done, 150));
      continue;
    }
    await next(async () => {
      if (run !== running) return;
      const [told, bytes] = await ask({ what: "frame", name: "the camera", view: view() }, await grab());
      URL.revokeObjectURL(url);
      shown.src = url = URL.createObjectURL(new Blob([bytes], { type: told.type }));
      times.push(performance.now());
      if (times.length > 20) times.shift();
      const rate = times.length > 1 ? (1000 * (times.length - 1)) / (times.at(-1) - times[0]) : 0;
      by("rate").textContent = `result, ${canvas.width}×${canvas.height}, ${rate.toFixed(1)} frames a second`;
      wrong("");
    });
    if (!by("wrong").hidden) await new Promise((done) => setTimeout(done, 500));
  }
  URL.revokeObjectURL(url);
  shown.removeAttribute("src");
}

const kinds = {}; // of networks that were loaded, by name
const isTwoShot = () => kinds[form.network.value]?.two ?? false;

function load() {
  const name = form.network.value;
  return next(async () => {
    if (!kinds[name]) say(`loading ${name} ...`);
    kinds[name] ??= (await ask({ what: "network", name }))[0];
    say("");
    arrange();
  });
}

async function takeEmpty(file) {
  await next(async () => {
    empty = null;
    await ask({ what: "empty", name: file.name }, file);
    empty = file;
    wrong("");
  });
  by("empty-name").textContent = empty ? file.name : "none yet";
  showAnew();
}

// Pictures are shown as they are asked for now; a video takes its time, and is only when that is wanted.
function showAnew() {
  if (chosen.some(isVideo)) by("again").hidden = false;
  else showFiles([...chosen]);
}

function arrange() {
  by("two").hidden = !isTwoShot();
  by("take").hidden = !isTwoShot() || !stream;
  for (const each of form.querySelectorAll("[data-for]")) each.hidden = !each.dataset.for.split(" ").includes(form.show.value);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  arrange();
  if (target === form.network) load();
  if (target.type !== "file") showAnew();
});
by("empty").addEventListener("change", ({ target }) => { if (target.files[0]) takeEmpty(target.files[0]); target.value = ""; });
by("backdrop").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  await next(async () => { await ask({ what: "backdrop", name: file.name }, file); backdrop = file; wrong(""); });
  by("backdrop-name").textContent = backdrop ? backdrop.name : "none yet";
  showAnew();
});
for (const id of ["files", "folder"]) {
  by(id).addEventListener("change", ({ target }) => {
    showFiles([...target.files].filter((file) => id === "files" || isVideo(file) || file.type.startsWith("image/")));
    target.value = "";
  });
}
by("camera").addEventListener("click", () => (by("camera").getAttribute("aria-pressed") === "true" ? stopCamera() : startCamera()));
by("take").addEventListener("click", async () => { if (stream) takeEmpty(new File([await grab()], "the camera's empty scene.jpg", { type: "image/jpeg" })); });
by("again").addEventListener("click", () => showFiles([...chosen]));
by("stop").addEventListener("click", () => { chosen = []; socket?.close(); });
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
addEventListener("dragleave", () => document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  showFiles([...event.dataTransfer.files]);
});
arrange();
load();

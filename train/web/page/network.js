// A trained network in ONNX Runtime Web, and what its card says of its pictures.

const RUNTIME = new URL("runtime/", import.meta.url);
const LIBRARIES = { processor: "ort.wasm.min.mjs", gpu: "ort.webgpu.min.mjs" };
const PROVIDERS = { processor: "wasm", gpu: "webgpu" };

// Only errors: ONNX Runtime warns of shapes that it finds out late, which is right for pictures of any size.
const LOG_ERRORS = 3;

// A longer picture, by its shorter side, is seen smaller.
const MOST_ELONGATED = 8;

export class Network {
  /**
   * @param {object} card Of web.json: inputs, output, input_px, step_px.
   * @param {"processor" | "gpu"} place Where it runs.
   */
  static async open(card, place) {
    const ort = await import(new URL(LIBRARIES[place], RUNTIME));
    ort.env.wasm.wasmPaths = RUNTIME.href;
    // Threads share memory, which browsers grant to isolated pages alone. More than four are slower on such networks.
    ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(new URL(card.file, import.meta.url).href, {
      executionProviders: [PROVIDERS[place]], logSeverityLevel: LOG_ERRORS,
    });
    return new Network(ort, session, card);
  }

  constructor(ort, session, card) {
    this.ort = ort;
    this.session = session;
    this.card = card;
  }

  get threads() {
    return this.ort.env.wasm.numThreads;
  }

  get needsEmpty() {
    return this.card.inputs.length === 2;
  }

  /** Size at which the network looks at a picture, nearly in its proportions, as bgfg's model card says it. */
  sizeFor([height_px, width_px], shorter_px) {
    const { input_px, step_px } = this.card;
    if (step_px === null) return [input_px, input_px];
    const wanted_px = shorter_px || (input_px * 4) / 3;
    const [shorter, longer] = [Math.min(height_px, width_px), Math.max(height_px, width_px)];
    const scale = Math.min(wanted_px / shorter, (MOST_ELONGATED * wanted_px) / longer);
    return [height_px, width_px].map((side) => Math.max(1, halfToEven((side * scale) / step_px)) * step_px);
  }

  /**
   * Find alpha in shots (h, w, 3) in levels 0..255: the empty scene, where the network looks at it, and the picture.
   * @returns {{alpha: Float32Array, size_px: number[]}} Alpha in 0..1, and its size.
   */
  async run(shots, [height_px, width_px]) {
    const { inputs, output } = this.card;
    const feeds = Object.fromEntries(inputs.map((name, i) => [
      name, new this.ort.Tensor("float32", inPlanes(shots[i]), [1, 3, height_px, width_px]),
    ]));
    const found = (await this.session.run(feeds, [output]))[output];
    const [, channels, rows, columns] = found.dims;
    // Alpha is the last channel, of a mask as of a matte.
    const alpha = Float32Array.from((await found.getData()).subarray((channels - 1) * rows * columns));
    found.dispose();
    return { alpha, size_px: [rows, columns] };
  }

  close() {
    return this.session.release();
  }
}

/** Pixels (h, w, 3) in levels as a network takes them, (3, h, w) in 0..1. */
function inPlanes(levels) {
  const count = levels.length / 3, planes = new Float32Array(levels.length);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < count; i++) planes[c * count + i] = levels[3 * i + c] / 255;
  }
  return planes;
}

/** Round as Python does: halves to the even number. */
function halfToEven(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

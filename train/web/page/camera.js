// The camera: opened, asked for frames, closed; what goes wrong in words that say what to do.

const WHY = {
  NotAllowedError: "The camera was refused. Allow it beside the address of this page, or use pictures.",
  NotFoundError: "There is no camera. Connect one, or use pictures.",
  NotReadableError: "The camera is in use by another program. Close that, or use pictures.",
  OverconstrainedError: "That camera is gone. Choose another, or use pictures.",
};

// Frames of this size are enough for a smooth picture in a page.
const WIDTH_PX = 640, HEIGHT_PX = 480;

export class Camera {
  constructor() {
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.stream = null;
    this.isFresh = false;
    this.waiting = [];  // who waits for a frame
  }

  get isOn() {
    return this.stream !== null;
  }

  /** Whether it looks at who uses it, as in a mirror: all but a phone's rear camera. */
  get looksAtUser() {
    return this.stream?.getVideoTracks()[0].getSettings().facingMode !== "environment";
  }

  get deviceId() {
    return this.stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /**
   * Open the camera; `ended` is called when it goes away by itself.
   * @param {string} device Its deviceId; "" for the one that the browser takes.
   */
  async open(device, ended) {
    if (!navigator.mediaDevices) throw new Error("Browsers give cameras to pages of https or localhost alone. Use pictures here.");
    this.close();
    const which = device ? { deviceId: { exact: device } } : { facingMode: "user" };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: WIDTH_PX }, height: { ideal: HEIGHT_PX }, ...which },
      });
    } catch (error) {
      throw new Error(WHY[error.name] ?? `The camera can't be opened (${error.message || error.name}). Use pictures.`);
    }
    this.stream.getVideoTracks()[0].addEventListener("ended", ended);
    this.video.srcObject = this.stream;
    await this.video.play();
    this.#watch(this.stream);
  }

  /** All cameras, which browsers name once one was allowed. */
  async devices() {
    const found = await navigator.mediaDevices.enumerateDevices();
    return found.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  }

  /** A frame that wasn't taken yet, as soon as there is one, as an ImageBitmap; null once the camera is closed. */
  async frame() {
    while (this.isOn && !this.isFresh) await new Promise((resolve) => { this.waiting.push(resolve); });
    this.isFresh = false;
    return this.isOn ? createImageBitmap(this.video) : null;
  }

  /** Note each frame that the camera gives. */
  #watch(stream) {
    const note = () => {
      if (this.stream !== stream) return;
      this.isFresh = true;
      this.#wake();
      if ("requestVideoFrameCallback" in this.video) this.video.requestVideoFrameCallback(note);
      else requestAnimationFrame(note);
    };
    note();
  }

  #wake() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
    this.isFresh = false;
    this.#wake();
  }
}

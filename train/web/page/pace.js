// The pace of the camera: how many frames a second there are, and the size at which the network looks at them.

const GOAL_MS = 100;

// Frames from which a mean is taken; the first ones of a size, for which the runtime prepares itself, don't count.
const FRAMES = 6, FIRST = 2;

export class Pace {
  /** @param {number[]} sizes_px Shorter sides to choose from, upwards; one alone stays. */
  constructor(sizes_px) {
    this.sizes_px = sizes_px;
    this.chosen = sizes_px.length - 1;
    this.tooSlow = sizes_px.length;
    this.#begin();
  }

  get shorter_px() {
    return this.sizes_px[this.chosen];
  }

  /** Note a frame: a smaller size is taken where ten a second aren't reached, a larger one where it surely would be. */
  took(all_ms) {
    this.times_ms.push(all_ms);
    if (this.times_ms.length < FIRST + FRAMES) return;
    const mean_ms = this.times_ms.slice(FIRST).reduce((sum, ms) => sum + ms, 0) / FRAMES;
    if (mean_ms > GOAL_MS && this.chosen > 0) {
      this.tooSlow = this.chosen--;
    } else if (this.chosen + 1 < this.tooSlow && this.#expected_ms(mean_ms) < GOAL_MS) {
      this.chosen++;
    }
    this.#begin();
  }

  /** What frames of the next larger size will take: as many times as long as it has pixels. */
  #expected_ms(mean_ms) {
    return mean_ms * (this.sizes_px[this.chosen + 1] / this.shorter_px) ** 2;
  }

  #begin() {
    this.times_ms = [];
  }
}

export class FrameRate {
  constructor() {
    this.ends_ms = [];
  }

  /** Note the end of a frame; return how many a second there were during the last two. */
  tick(now_ms = performance.now()) {
    this.ends_ms.push(now_ms);
    while (this.ends_ms.length > 2 && now_ms - this.ends_ms[0] > 2000) this.ends_ms.shift();
    return this.ends_ms.length < 2 ? 0 : ((this.ends_ms.length - 1) * 1000) / (now_ms - this.ends_ms[0]);
  }
}

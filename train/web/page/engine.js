// The page's side of the worker: questions and their answers.

export class Engine {
  constructor() {
    this.waiting = new Map();
    this.asked = 0;
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.#settle(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      const problem = `The worker can't run (${event.message || "its file or the runtime's can't be loaded"}): reload the page.`;
      for (const number of [...this.waiting.keys()]) this.#settle({ number, problem });
    };
  }

  /**
   * Ask the worker.
   * @param {string} question One of `answers` in worker.js.
   * @param {object} content
   * @param {Transferable[]} given What of the content the worker gets for itself.
   */
  ask(question, content, given = []) {
    const number = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.worker.postMessage({ number, question, content }, given);
    });
  }

  #settle({ number, answer, problem }) {
    const { resolve, reject } = this.waiting.get(number);
    this.waiting.delete(number);
    if (problem === undefined) resolve(answer);
    else reject(new Error(problem));
  }
}

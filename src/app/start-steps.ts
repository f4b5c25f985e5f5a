/** Those of the launcher, scripts/start.mjs, which come first. */
const LAUNCHER_STEPS = 2;
const STEPS = 5;

/** Shows what the server does at a start by `npm start` on standard error, with the time that each step takes. */
export class StartSteps {
  private number = LAUNCHER_STEPS;

  constructor(private readonly isShown: boolean) {}

  /** Does the work of the next step. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (!this.isShown) return work();
    const begin = performance.now();
    this.number += 1;
    process.stderr.write(`[${this.number}/${STEPS}] ${name}…`);
    let isDone = false;
    try {
      const result = await work();
      isDone = true;
      return result;
    } finally {
      const seconds = (performance.now() - begin) / 1_000;
      process.stderr.write(isDone ? ` ${seconds.toFixed(seconds < 10 ? 1 : 0)} s\n` : '\n');
    }
  }
}

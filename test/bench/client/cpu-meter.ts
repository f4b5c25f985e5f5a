/** Measures the CPU time of this process between two counts of chunks. */
export class CpuMeter {
  private count = 0;
  private before: NodeJS.CpuUsage | undefined;
  private after: { usage: NodeJS.CpuUsage; count: number } | undefined;
  private from = 0;

  constructor(
    private readonly first: number,
    private readonly last: number,
  ) {
    this.add(0);
  }

  readonly add = (count: number): void => {
    this.count += count;
    if (this.before === undefined && this.count >= this.first) {
      this.before = process.cpuUsage();
      this.from = this.count;
    }
    if (this.after === undefined && this.count >= this.last) {
      this.after = { usage: process.cpuUsage(this.before), count: this.count };
    }
  };

  /**
   * Microseconds for each chunk in between.
   * @throws Error when the last chunk has not come
   */
  get cost(): number {
    if (this.after === undefined) throw new Error(`${this.count} of ${this.last} chunks came.`);
    const { usage, count } = this.after;
    return (usage.user + usage.system) / (count - this.from);
  }
}

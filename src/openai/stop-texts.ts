/** Ends a text before the first of some texts, wherever that is cut into pieces. */
export class StopTexts {
  private held = '';
  private hasStopped = false;

  constructor(private readonly stops: readonly string[]) {}

  /** Whether one of the texts has come. */
  get isStopped(): boolean {
    return this.hasStopped;
  }

  /** The part of what has come that can be told: what may begin one of the texts is held back. */
  push(text: string): string {
    if (this.hasStopped) return '';
    if (this.stops.length === 0) return text;
    const all = this.held + text;
    const at = this.firstStop(all);
    if (at !== -1) {
      this.hasStopped = true;
      this.held = '';
      return all.slice(0, at);
    }
    const end = all.length - this.beginningAtEnd(all);
    this.held = all.slice(end);
    return all.slice(0, end);
  }

  /** What was held back, and is no stop text since nothing follows it. */
  flush(): string {
    const { held } = this;
    this.held = '';
    return held;
  }

  private firstStop(text: string): number {
    const places = this.stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
    return places.length === 0 ? -1 : Math.min(...places);
  }

  /** How many characters at the end of the text are the beginning of one of the texts. */
  private beginningAtEnd(text: string): number {
    const lengths = this.stops.map((stop) => {
      for (let length = Math.min(stop.length - 1, text.length); length > 0; length -= 1) {
        if (text.endsWith(stop.slice(0, length))) return length;
      }
      return 0;
    });
    return Math.max(0, ...lengths);
  }
}

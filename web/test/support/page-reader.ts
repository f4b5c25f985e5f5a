import { type JSDOM } from 'jsdom';
import { until } from '../../../test/e2e/support/until.js';

/** How long the page may take to show something. */
const LIMIT_MS = 15_000;

/** Uses the page as a person does who knows it by its labels. */
export class PageReader {
  constructor(private readonly window: JSDOM['window']) {}

  get text(): string {
    return (this.window.document.getElementById('page')?.textContent ?? '').replaceAll(/\s+/g, ' ');
  }

  /** The text of the answers and questions, in order. */
  get messages(): string[] {
    return [...this.window.document.querySelectorAll('article')].map(({ textContent }) => textContent);
  }

  /** Waits until the page shows a text. */
  sees(text: string | RegExp): Promise<void> {
    return until(() => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text)), LIMIT_MS);
  }

  find(selector: string): HTMLElement | null {
    return this.window.document.querySelector<HTMLElement>(selector);
  }

  button(name: string): HTMLButtonElement | undefined {
    const all = this.window.document.querySelectorAll<HTMLButtonElement>('button, a');
    return [...all].findLast((each) => each.textContent.startsWith(name) && !each.disabled);
  }

  async press(name: string): Promise<void> {
    await until(() => this.button(name) !== undefined, LIMIT_MS);
    this.button(name)?.click();
  }

  /** The field with this label. */
  field(label: string): HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | null {
    const { document } = this.window;
    const named = document.querySelector<HTMLInputElement>(`[aria-label="${label}"]`);
    const labels = [...document.querySelectorAll('label')];
    return (
      named ?? (labels.find(({ textContent }) => textContent === label)?.control as HTMLInputElement | null) ?? null
    );
  }

  /** Fills a field in as typing or choosing does. */
  async fill(label: string, value: string): Promise<void> {
    await until(() => this.field(label) !== null, LIMIT_MS);
    const field = this.field(label);
    if (field === null) throw new Error(`The field ${label} has gone.`);
    // React takes note of changes that go by the prototype's setter.
    const prototype = Object.getPrototypeOf(field) as object;
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, value);
    field.dispatchEvent(new this.window.Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  }

  /** Writes a message, and sends it by the key Enter. */
  async say(text: string): Promise<void> {
    await this.fill('Message', text);
    const { KeyboardEvent } = this.window;
    this.field('Message')?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
    );
  }

  /** Waits until no answer is being written. */
  async rests(): Promise<void> {
    await until(() => this.button('Stop') === undefined && this.button('Edit') !== undefined, LIMIT_MS);
  }
}

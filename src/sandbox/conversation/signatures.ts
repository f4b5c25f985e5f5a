import { createHmac } from 'node:crypto';

/** Fixed, so that a chat that was stored goes on after the sandbox was started anew, as it would with a vendor. */
const KEY = 'gitlab-duo-sandbox';

/** A signature that only this sandbox makes, for one purpose and content. */
export function seal(purpose: string, content: string): string {
  return createHmac('sha256', KEY).update(`${purpose}\0${content}`).digest('hex');
}

/** Half a seal keeps ids within the 64 characters that OpenAI allows. */
const MARK_LENGTH = 32;

/** A value that carries its own seal, for ids and opaque content. */
export function mark(purpose: string, content: string): string {
  return `${content}${seal(purpose, content).slice(0, MARK_LENGTH)}`;
}

/** Whether a value came from {@link mark} with this purpose. */
export function isMarked(purpose: string, value: string): boolean {
  const content = value.slice(0, -MARK_LENGTH);
  return content !== '' && value === mark(purpose, content);
}

import { createHmac } from 'node:crypto';

/** Fixed, so that a stored chat still continues after a restart of the sandbox, as with a vendor. */
const KEY = 'gitlab-duo-sandbox';

/** A signature that only this sandbox makes, for one purpose and content. */
export function signatureOf(purpose: string, content: string): string {
  return createHmac('sha256', KEY).update(`${purpose}\0${content}`).digest('hex');
}

/** Half a signature keeps ids within the 64 characters that OpenAI allows. */
const SUFFIX_LENGTH = 32;

/** Appends a signature to a value, for ids and opaque content. */
export function appendSignature(purpose: string, content: string): string {
  return `${content}${signatureOf(purpose, content).slice(0, SUFFIX_LENGTH)}`;
}

/** Whether {@link appendSignature} made a value for this purpose. */
export function hasSignature(purpose: string, value: string): boolean {
  const content = value.slice(0, -SUFFIX_LENGTH);
  return content !== '' && value === appendSignature(purpose, content);
}

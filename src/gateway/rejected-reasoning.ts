import { type VendorError } from './vendor-error.interface.js';

const codes: readonly unknown[] = ['invalid_encrypted_content', 'thinking_signature_invalid'];

const wordings = [
  /invalid `?(?:signature|data)`? in `?(?:redacted_)?thinking`? block/i,
  /`(?:redacted_)?thinking` blocks .{0,200}cannot be modified/i,
  /encrypted content .{0,200}could not be verified/i,
  /^Item (?:with id )?'rs_/,
];

/** Whether a vendor refuses to take back what its model thought, as it does once that was signed or kept by others. */
export function isRejectedReasoning({ code, message = '' }: VendorError): boolean {
  return codes.includes(code) || wordings.some((wording) => wording.test(message));
}

import { ValidateBy } from 'class-validator';
import { decodedSize, FILE_LIMIT, FILES_LIMIT, inMegabytes, TEXT_LIMIT } from '../body-limits.js';
import { type CheckContext } from './decorators.js';

/** The constraint whose violation makes a body too large instead of invalid. */
export const SIZE_CONSTRAINT = 'maxSize';

/** The text takes at most 1 MB. */
export function MaxTextSize(): PropertyDecorator {
  return maxSize(TEXT_LIMIT, '', sizeOfText);
}

/** The value takes at most 1 MB as JSON. */
export function MaxJsonSize(): PropertyDecorator {
  return maxSize(TEXT_LIMIT, ' as JSON', sizeOfText);
}

/** The base64 decodes to at most 10 MB. */
export function MaxFileSize(): PropertyDecorator {
  return maxSize(FILE_LIMIT, ' decoded', (value) => (typeof value === 'string' ? decodedSize(value) : 0));
}

/** The files decode to at most 30 MB together. */
export function MaxFilesSize(): PropertyDecorator {
  return maxSize(FILES_LIMIT, ' together, decoded', (value) => {
    const files = Array.isArray(value) ? (value as ({ data?: unknown } | null)[]) : [];
    return files.reduce((sum, file) => sum + (typeof file?.data === 'string' ? decodedSize(file.data) : 0), 0);
  });
}

function sizeOfText(value: unknown): number {
  if (value === undefined) return 0;
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
}

/** @param measure how the size is measured */
function maxSize(limit: number, measure: string, sizeOf: (value: unknown) => number): PropertyDecorator {
  const context = { schema: {}, limit: `At most ${inMegabytes(limit)}${measure}.` } satisfies CheckContext;
  return ValidateBy(
    {
      name: SIZE_CONSTRAINT,
      validator: {
        validate: (value: unknown) => sizeOf(value) <= limit,
        defaultMessage: () => `$property must take at most ${inMegabytes(limit)}`,
      },
    },
    { context },
  );
}

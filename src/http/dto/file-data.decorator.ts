import { ValidateBy } from 'class-validator';
import { isBase64 } from '../../messages/base64.js';

/** The value is padded base64, of any size. */
export function IsFileData(): PropertyDecorator {
  return ValidateBy({
    name: 'isBase64',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.length % 4 === 0 && isBase64(value),
      defaultMessage: () => '$property must be base64 encoded',
    },
  });
}

import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';

/** Converts ids in paths to lower case, as they are stored: a UUID may be written in any letter case. */
@Injectable()
export class IdPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    return type === 'param' && typeof value === 'string' ? value.toLowerCase() : value;
  }
}

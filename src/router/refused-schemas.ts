import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { redact } from '../errors/redact.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type Model } from '../models/model.interface.js';

/** How many are remembered, of all models together. */
const MAX_SCHEMAS = 1_000;

/**
 * The schemas that vendors refuse to enforce, by model: one that is too large for a model may not be for the next. They are kept
 * in memory alone, the ones used last, so that neither the next step of a run nor the next ask is refused again; another
 * process learns them by a request of its own.
 */
export class RefusedSchemas {
  private readonly logger = new Logger('Schemas');
  private readonly refused = new LRUCache<string, true>({ max: MAX_SCHEMAS });
  // The same schemas come with request after request.
  private readonly digests = new WeakMap<JsonObject, string>();

  has(model: Model, schema: JsonObject): boolean {
    return this.refused.size > 0 && this.refused.has(this.keyOf(model, schema));
  }

  /** Remembers a schema, and warns the operator: answers still come, but the vendor no longer guarantees their form. */
  add(model: Model, schema: JsonObject, reason: string): void {
    this.refused.set(this.keyOf(model, schema), true);
    const title = typeof schema.title === 'string' ? ` "${schema.title}"` : '';
    this.logger.warn(
      `The vendor of ${model.id} does not enforce the schema${title} of an answer (${redact(reason)}). It goes out as a wish or as a tool from now on, and answers are checked as before. To have it enforced, make it smaller or simpler.`,
    );
  }

  private keyOf({ id }: Model, schema: JsonObject): string {
    const digest = this.digests.get(schema) ?? createHash('sha256').update(JSON.stringify(schema)).digest('base64');
    this.digests.set(schema, digest);
    return `${id} ${digest}`;
  }
}

import { DuoAttempt } from './duo-attempt.entity.js';
import { DuoIdempotencyKey } from './duo-idempotency-key.entity.js';
import { DuoInstance } from './duo-instance.entity.js';
import { DuoRunEvent } from './duo-run-event.entity.js';
import { DuoRun } from './duo-run.entity.js';
import { DuoToolCall } from './duo-tool-call.entity.js';

/**
 * The library's own tables, which serve every kind of chat. A host that lists its entities by hand adds `...DUO_ENTITIES`.
 * @publicApi
 */
export const DUO_ENTITIES = [DuoRun, DuoInstance, DuoAttempt, DuoToolCall, DuoRunEvent, DuoIdempotencyKey];

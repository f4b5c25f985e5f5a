import { type Reply } from '../server/reply.js';
import { type SchemaFault } from './sandbox-fault.js';

/** What is sent instead of an answer, where `refusal` is how the vendor refuses to enforce the schema of the request. */
export const SCHEMA_FAULTS: Record<SchemaFault, (refusal: Reply) => Reply> = {
  'gateway-schema-refused': (refusal) => refusal,
};

import { type Reply } from '../server/reply.js';
import { type SchemaFault } from './sandbox-fault.js';

/** The reply instead of an answer; `refusal` is the vendor's refusal to enforce the request's schema. */
export const SCHEMA_FAULTS: Record<SchemaFault, (refusal: Reply) => Reply> = {
  'gateway-schema-refused': (refusal) => refusal,
};

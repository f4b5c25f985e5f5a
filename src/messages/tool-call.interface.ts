import { type JsonObject } from './json.interface.js';

/**
 * What became of a tool call. `pending` waits for its turn or for a person, `approved` for its turn; the last three have,
 * or are about to get, a result.
 */
export type ToolCallStatus = 'pending' | 'approved' | 'running' | 'denied' | 'succeeded' | 'failed';

/**
 * A tool call that needs, or needed, an approval. `id` is the id for approving it; `providerCallId` is the vendor's, and
 * may repeat; `decidedAt` is ISO 8601 in UTC.
 * @publicApi
 */
export interface ToolCallRecord {
  id: string;
  providerCallId: string;
  name: string;
  arguments: JsonObject;
  status: ToolCallStatus;
  decidedBy: string | null;
  decidedAt: string | null;
  reason: string | null;
}

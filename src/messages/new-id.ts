import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/** Random bytes of one id. */
const ID_BYTES = 16;

// Of many ids at a time: a call of the operating system for each costs four times as much as the id.
const pool = Buffer.allocUnsafe(256 * ID_BYTES);
let used = pool.length;

/** The milliseconds of the last id, and its number within them. */
let msecs = -Infinity;
let seq = 0;

/** A new UUIDv7. Ids of one process ascend in the order in which they are made. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    seq = random.readUInt32BE(6) & 0x7fff_ffff;
  } else {
    seq = (seq + 1) | 0;
    if (seq === 0) msecs += 1;
  }
  return uuidv7({ random, msecs, seq });
}

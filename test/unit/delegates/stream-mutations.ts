import { type JsonObject, type JsonValue } from '../../../src/messages/json.interface.js';

type Below = (below: number) => number;

/** Bytes that mean something to the formats on the way, and some that mean nothing to any. */
const bytes = Buffer.from('\n\r :,{}[]"\\0e-\uFEFF\u0000\u00e9data: event: \n\n');

const values: JsonValue[] = [null, 0, -1, 5, 1e300, 0.5, '', 'x', true, [], {}, [null], [5], { type: 'text' }];

/** Damages a stream as a bad line would: bytes that flip, come too much, get lost, come twice. */
export function damaged(stream: Buffer, below: Below): Buffer {
  const at = below(stream.length);
  const to = Math.min(stream.length, at + 1 + below(40));
  const [before, middle, after] = [stream.subarray(0, at), stream.subarray(at, to), stream.subarray(to)];
  switch (below(5)) {
    case 0:
      return Buffer.concat([before, Buffer.of((stream[at] ?? 0) ^ (1 << below(8))), stream.subarray(at + 1)]);
    case 1:
      return Buffer.concat([before, bytes.subarray(below(bytes.length)).subarray(0, 1 + below(6)), middle, after]);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.concat([before, middle, middle, after]);
    default:
      return Buffer.concat([before, Buffer.from(middle).fill(below(256)), after]);
  }
}

/** Cuts a stream into network reads, and the reads into pieces. */
export function cut(stream: Buffer, below: Below): Buffer[][] {
  const longest = 1 + below(below(2) === 0 ? 16 : 2_000);
  const reads: Buffer[][] = [[]];
  for (let at = 0; at < stream.length;) {
    const to = at + 1 + below(longest);
    if (below(3) === 0) reads.push([]);
    reads.at(-1)?.push(stream.subarray(at, to));
    at = to;
  }
  return reads;
}

/** Damages the events themselves: one is lost, comes twice or too early, or has another value somewhere. */
export function contorted(events: readonly string[], below: Below): string[] {
  const changed = [...events];
  const at = below(changed.length);
  const event = changed[at] ?? '';
  switch (below(6)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.splice(below(changed.length), 0, event);
      break;
    default:
      changed[at] = withOddValue(event, below);
  }
  return changed;
}

function withOddValue(event: string, below: Below): string {
  if (!event.startsWith('{')) return event;
  const whole = JSON.parse(event) as JsonObject;
  const places: [JsonObject, string][] = [];
  const visit = (value: JsonValue): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as JsonObject, key]);
      visit((value as JsonObject)[key] ?? null);
    }
  };
  visit(whole);
  const [holder, key] = places[below(places.length)] ?? [whole, 'type'];
  const value = values[below(values.length + 1)];
  if (value === undefined) Reflect.deleteProperty(holder, key);
  else holder[key] = value;
  return JSON.stringify(whole).replaceAll('1e+300', below(2) === 0 ? '1e400' : '99999999999');
}

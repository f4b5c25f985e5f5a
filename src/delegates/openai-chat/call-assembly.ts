import { type ToolCallPart } from '../../messages/part.interface.js';
import { pieceOf } from '../stream-event.js';
import { parseArguments, unnamedCall, wholeArguments } from '../tool-arguments.js';
import { type WireToolCall } from './wire.interface.js';

interface GrowingCall {
  id: string;
  name: string;
  /** The pieces of the arguments' JSON, joined once the answer ends. */
  pieces: string[];
}

/** Puts tool calls together from their pieces, which may come interleaved. */
export class CallAssembly {
  private readonly calls = new Map<unknown, GrowingCall>();
  /** The place of the last call whose pieces have no index. */
  private unnumbered: unknown;

  add(piece: WireToolCall): void {
    const place = this.placeOf(piece);
    let call = this.calls.get(place);
    if (!call) this.calls.set(place, (call = { id: '', name: '', pieces: [] }));
    const { id, function: called } = piece;
    if (isGiven(id)) call.id = id;
    if (isGiven(called?.name)) call.name = called.name;
    call.pieces.push(pieceOf(called?.arguments));
  }

  /** Where pieces have no index, as of some proxies, another id begins another call. */
  private placeOf({ index, id }: WireToolCall): unknown {
    if (index !== undefined && index !== null) return index;
    const last = this.calls.get(this.unnumbered);
    if (isGiven(id) && last?.id !== '' && last?.id !== id) this.unnumbered = id;
    return this.unnumbered;
  }

  /**
   * The calls that are whole, now that the answer has ended.
   * @throws UpstreamError for a call that the model ended and that nobody can answer
   */
  finish(isCutShort: boolean): ToolCallPart[] {
    const whole: ToolCallPart[] = [];
    for (const { id, name, pieces } of this.calls.values()) {
      const isNamed = id !== '' && name !== '';
      if (!isNamed && !isCutShort) throw unnamedCall();
      const json = pieces.join('');
      // What was cut is none of the model's calls.
      if (isNamed && !(isCutShort && !parseArguments(json)))
        whole.push({ type: 'tool-call', id, name, ...wholeArguments(json) });
    }
    return whole;
  }
}

function isGiven(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

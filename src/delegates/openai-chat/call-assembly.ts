import { type ToolCallPart } from '../../messages/part.interface.js';
import { type AnswerBounds } from '../answer-bounds.js';
import { textDelta } from '../stream-event.js';
import { completeArguments, unnamedCall, wholeArguments } from '../tool-arguments.js';
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

  constructor(private readonly bounds: AnswerBounds) {}

  /** @throws UpstreamError beyond the bounds of an answer */
  add(piece: WireToolCall): void {
    const place = this.placeOf(piece);
    const call = this.calls.get(place) ?? this.begin(place);
    const { id, function: called } = piece;
    if (isGiven(id) && id !== call.id) call.id = this.counted(id);
    if (isGiven(called?.name) && called.name !== call.name) call.name = this.counted(called.name);
    const json = textDelta(called?.arguments);
    if (json !== '') call.pieces.push(this.counted(json));
  }

  private begin(place: unknown): GrowingCall {
    this.bounds.addPart();
    const call: GrowingCall = { id: '', name: '', pieces: [] };
    this.calls.set(place, call);
    return call;
  }

  private counted(text: string): string {
    this.bounds.add('arguments', text);
    return text;
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
   * @throws UpstreamError for a complete call without a name or an id
   */
  finish(isCutShort: boolean): ToolCallPart[] {
    const whole: ToolCallPart[] = [];
    for (const { id, name, pieces } of this.calls.values()) {
      const isNamed = id !== '' && name !== '';
      if (!isNamed && !isCutShort) throw unnamedCall();
      const json = pieces.join('');
      // Drop truncated calls.
      const given = isCutShort ? completeArguments(json) : wholeArguments(json);
      if (isNamed && given) whole.push({ type: 'tool-call', id, name, ...given });
    }
    return whole;
  }
}

function isGiven(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

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

  add(piece: WireToolCall): void {
    let call = this.calls.get(piece.index);
    if (!call) this.calls.set(piece.index, (call = { id: '', name: '', pieces: [] }));
    const { id, function: called } = piece;
    if (typeof id === 'string' && id !== '') call.id = id;
    if (typeof called?.name === 'string' && called.name !== '') call.name = called.name;
    call.pieces.push(pieceOf(called?.arguments));
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

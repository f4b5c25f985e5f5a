import { type Frame } from '../stream/frame.js';

const OPENING =
  /("tool_calls":\[\{"index":\d+),"id":"[^"]*","type":"function","function":\{"name":("[^"]*"),"arguments":""\}/;

/** Lets the chunk that opens a tool call come without the tool's name, which follows the first piece of arguments. */
export function* delayToolNames(frames: Iterable<Frame>): Generator<Frame> {
  let name: Frame | undefined;
  for (const frame of frames) {
    const [opening, index = '', json = ''] = OPENING.exec(frame.data) ?? [];
    yield opening === undefined ? frame : { ...frame, data: frame.data.replace(`"name":${json},`, '') };
    if (name) yield name;
    name = opening === undefined ? undefined : { ...frame, data: named(frame.data, opening, index, json) };
  }
}

/** The chunk with nothing of its call but the name. */
function named(data: string, opening: string, index: string, name: string): string {
  return data.replace(opening, `${index},"function":{"name":${name}}`);
}

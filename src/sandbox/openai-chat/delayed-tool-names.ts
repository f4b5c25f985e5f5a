import { type Frame } from '../stream/frame.js';

const OPENING =
  /("tool_calls":\[\{"index":\d+),"id":"[^"]*","type":"function","function":\{"name":("[^"]*"),"arguments":""\}/;

/** Removes the tool's name from the chunk that opens a call, and sends it after the first piece of arguments. */
export function* delayToolNames(frames: Iterable<Frame>): Generator<Frame> {
  let name: Frame | undefined;
  for (const frame of frames) {
    const [opening, index = '', json = ''] = OPENING.exec(frame.data) ?? [];
    yield opening === undefined ? frame : { ...frame, data: frame.data.replace(`"name":${json},`, '') };
    if (name) yield name;
    name = opening === undefined ? undefined : { ...frame, data: named(frame.data, opening, index, json) };
  }
}

/** The chunk with only the name of its call. */
function named(data: string, opening: string, index: string, name: string): string {
  return data.replace(opening, `${index},"function":{"name":${name}}`);
}

import { imageSize } from 'image-size';

/** Begins each segment of a JPEG. */
const MARKER = 0xff;

/** The sides of an image in pixels. */
export interface ImageSides {
  width: number;
  height: number;
}

/** The sides of an image by the head of its file; `undefined` where that does not say so. */
export function imageSides(mediaType: string, head: Buffer): ImageSides | undefined {
  const sides = mediaType === 'image/jpeg' ? jpegSides(head) : headerSides(head);
  return sides && sides.width > 0 && sides.height > 0 ? sides : undefined;
}

function headerSides(head: Buffer): ImageSides | undefined {
  try {
    // A copy: behind a short file there may be another one in the same memory, which would be read as well.
    const { width, height } = imageSize(new Uint8Array(head));
    return { width, height };
  } catch {
    return undefined;
  }
}

/**
 * Goes from segment to segment up to that of the frame. By itself, since image-size looks for the next segment of a damaged
 * file at each of its bytes, which takes tens of milliseconds.
 */
function jpegSides(head: Buffer): ImageSides | undefined {
  for (let at = 2; at + 9 <= head.length && head[at] === MARKER;) {
    const type = head.readUInt8(at + 1);
    if (isFrame(type)) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) };
    // A marker may have more of the same byte before it.
    at += type === MARKER ? 1 : 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, except the three tables between them. */
function isFrame(type: number): boolean {
  return type >= 0xc0 && type <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(type);
}

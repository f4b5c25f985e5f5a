import { decodeBase64, type ReadImage, readImage, readPdf, typeOfImage } from '../files/file-bytes.js';
import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, listOf, objectOf, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { type Turn } from './turns.js';

// From the guides "Vision" and "PDF support", and from API messages that users have reported.
const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
const MAX_SIDE = 8_000;
const MANY_IMAGES = 20;
const MAX_SIDE_OF_MANY = 2_000;
const MAX_MEDIA = 600;
/** For models with a window of 200,000 tokens. */
const MAX_MEDIA_IN_SHORT_WINDOW = 100;
const SHORT_WINDOW = 200_000;

interface File {
  block: JsonObject;
  /** Where it stands in the request. */
  place: string;
}

/** Refuses images and documents that Anthropic cannot read, too many of them, and those that are too large. */
export function checkFiles(turns: readonly Turn[], model: UpstreamModel): void {
  const files = turns.flatMap(({ blocks }, index) => filesIn(blocks, `messages.${index}.content`));
  const images = files.filter(({ block }) => block.type === 'image');
  const longest = images.length > MANY_IMAGES ? MAX_SIDE_OF_MANY : MAX_SIDE;
  const most = model.contextWindow <= SHORT_WINDOW ? MAX_MEDIA_IN_SHORT_WINDOW : MAX_MEDIA;
  let pages = 0;
  for (const { block, place } of files) {
    const source = objectOf(block.source);
    if (source.type !== 'base64') continue;
    if (block.type === 'image') checkSide(checkImage(source, `${place}.image.source.base64`), longest, place);
    else pages += checkPdf(source, `${place}.pdf.source.base64.data`, most);
  }
  if (images.length + pages > most) {
    refuse(`Too much media: ${pages} document pages + ${images.length} images > ${most}`);
  }
}

function filesIn(blocks: readonly unknown[], list: string): File[] {
  return blocks.flatMap((block, index) => {
    const place = `${list}.${index}`;
    if (!isJsonObject(block)) return [];
    if (block.type === 'tool_result') return filesIn(listOf(block.content), `${place}.tool_result.content`);
    return block.type === 'image' || block.type === 'document' ? [{ block, place }] : [];
  });
}

function checkImage(source: JsonObject, place: string): ReadImage {
  const data = stringOf(source.data);
  const said = stringOf(source.media_type);
  const bytes = decodeBase64(data);
  if (!bytes) refuse(`${place}: invalid base64 data`);
  if (data.length > MAX_IMAGE_BYTES) {
    refuse(`${place}: image exceeds 10 MB maximum: ${data.length} bytes > ${MAX_IMAGE_BYTES} bytes`);
  }
  const type = typeOfImage(bytes);
  if (type !== undefined && type !== said) {
    refuse(
      `${place}: The image was specified using the ${said} media type, but the image appears to be a ${type} image`,
    );
  }
  return readImage(bytes) ?? refuse('Could not process image');
}

function checkSide({ side }: ReadImage, longest: number, place: string): void {
  if (side <= longest) return;
  const when = longest === MAX_SIDE ? '' : ' for many-image requests';
  refuse(
    `${place}.image.source.base64.data: At least one of the image dimensions exceed max allowed size${when}: ${longest} pixels`,
  );
}

/** @returns how many pages it has */
function checkPdf(source: JsonObject, place: string, most: number): number {
  const bytes = decodeBase64(stringOf(source.data));
  const pdf = bytes && readPdf(bytes);
  if (!pdf) refuse(`${place}: The PDF specified was not valid.`);
  if (pdf.isEncrypted) refuse(`${place}: The PDF specified is password protected.`);
  if (pdf.pages > most) refuse(`${place}: A maximum of ${most} PDF pages may be provided.`);
  return pdf.pages;
}

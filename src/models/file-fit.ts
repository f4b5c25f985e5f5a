import { ValidationError } from '../errors/request.errors.js';
import { fileContent } from '../messages/file-content.js';
import { fileSource } from '../messages/file-source.js';
import { type FilePart } from '../messages/part.interface.js';
import { contentProblem } from './file-check.js';
import { fileLimits, type FileLimits } from './file-limits.js';
import { type Model } from './model.interface.js';

/** Files that a request leaves out, and why, in words that follow "left out: ". */
export type LeftOut = ReadonlyMap<FilePart, string>;

const NONE: LeftOut = new Map();

/**
 * Finds the files that a model would refuse among those of a request: by themselves, or since they are too many. Of too
 * many the oldest are left out, so that what was left out stays out while a chat grows.
 * @param files in the order in which they were said
 */
export function leftOutFiles(files: readonly FilePart[], model: Model): LeftOut {
  if (files.length === 0) return NONE;
  const limits = fileLimits(model);
  const leftOut = new Map<FilePart, string>();
  for (const file of files) {
    const reason = unreadable(file, model) ?? contentProblem(file)?.problem ?? oversize(file, limits);
    if (reason !== undefined) leftOut.set(file, reason);
  }
  const rest = (): FilePart[] => files.filter((file) => !leftOut.has(file));
  const images = rest().filter(isImage);
  for (const image of images.splice(0, images.length - limits.images)) {
    leftOut.set(image, `a request may have ${limits.images} images at most`);
  }
  const { moreThan, imageSide } = limits.manyImages;
  const large = images.filter((image) => longerSide(image) > imageSide);
  for (const image of large.slice(0, Math.max(0, images.length - moreThan))) {
    leftOut.set(
      image,
      `${sidesOf(image)}, and with more than ${moreThan} images no side may have more than ${imageSide}`,
    );
  }
  let size = rest().reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  for (const file of rest()) {
    if (size <= limits.size) break;
    size -= file.data?.length ?? 0;
    leftOut.set(file, `the files of a request may take ${megabytes(limits.size)} in base64 at most`);
  }
  return leftOut;
}

/**
 * Checks the files of one message against the model that is to read them.
 * @throws ValidationError for what no request can send to it
 */
export function checkFilesFor(model: Model, files: readonly FilePart[]): void {
  for (const [{ filename, mediaType }, reason] of leftOutFiles(files, model)) {
    throw new ValidationError(
      `The file "${filename ?? mediaType}" does not go to ${model.id}: ${reason}. Send less or a smaller file, or use another model.`,
    );
  }
}

function isImage({ mediaType }: FilePart): boolean {
  return /^image\//i.test(mediaType);
}

function unreadable(file: FilePart, { inputs, api }: Model): string | undefined {
  if (!isReadable(file)) return 'the models do not read its format';
  if (isImage(file)) return inputs.includes('image') ? undefined : 'the model reads no images';
  // This API gets the address of a document as text.
  const isText = api === 'openai-chat' && file.url !== undefined;
  return inputs.includes('pdf') || isText ? undefined : 'the model reads no PDF documents';
}

function oversize(file: FilePart, limits: FileLimits): string | undefined {
  if (!isImage(file)) return undefined;
  if (longerSide(file) > limits.imageSide)
    return `${sidesOf(file)}, and no side may have more than ${limits.imageSide}`;
  const size = file.data?.length ?? 0;
  return size > limits.imageSize ? `it takes more than ${megabytes(limits.imageSize)} in base64` : undefined;
}

/** Whether its type is one that the vendors take, and there is a content: not so in every row that a host has written. */
function isReadable(file: FilePart): boolean {
  try {
    fileSource(file);
    return true;
  } catch {
    return false;
  }
}

/** In pixels; 0 where it is not known. */
function longerSide(file: FilePart): number {
  const { width = 0, height = 0 } = fileContent(file)?.sides ?? {};
  return Math.max(width, height);
}

function sidesOf(file: FilePart): string {
  const { width = 0, height = 0 } = fileContent(file)?.sides ?? {};
  return `it is ${width} × ${height} pixels`;
}

function megabytes(size: number): string {
  return `${size / 1024 / 1024} MB`;
}

import { type Model } from './model.interface.js';

/** How many files a request may have, and how large. Sides are in pixels, sizes in characters of base64. */
export interface FileLimits {
  /** The longest side of an image. */
  imageSide: number;
  /** The same, where a request has more images than this. */
  manyImages: { moreThan: number; imageSide: number };
  images: number;
  imageSize: number;
  /** Of all files together. */
  size: number;
}

const MB = 1024 * 1024;

/**
 * By Anthropic's guides "Vision" and "PDF support" of 2026 and by what its API says when it refuses: 8,000 pixels a side, or
 * 2,000 with more than 20 images; 600 images, or 100 for a window of 200,000 tokens; 10 MB an image in base64; 32 MB a
 * request: 28 MB here, which leaves 4 MB to the text.
 */
const claude: FileLimits = {
  imageSide: 8_000,
  manyImages: { moreThan: 20, imageSide: 2_000 },
  images: 600,
  imageSize: 10 * MB,
  size: 28 * MB,
};
const CLAUDE_SHORT_WINDOW = 200_000;
const CLAUDE_SHORT_IMAGES = 100;

/** By OpenAI's guides "Images and vision" and "File inputs" of 2026: 500 images and 50 MB a request; sides are no matter. */
const gpt: FileLimits = {
  imageSide: Infinity,
  manyImages: { moreThan: Infinity, imageSide: Infinity },
  images: 500,
  imageSize: 50 * MB,
  size: 50 * MB,
};

/** The limits of a model for the files of a request. */
export function fileLimits({ vendor, contextWindow }: Model): FileLimits {
  if (vendor === 'openai') return gpt;
  const isShort = contextWindow !== null && contextWindow <= CLAUDE_SHORT_WINDOW;
  return isShort ? { ...claude, images: CLAUDE_SHORT_IMAGES } : claude;
}

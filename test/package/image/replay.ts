import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../command.js';
import { type Stage, type Step } from './dockerfile.js';

/** What a Dockerfile makes, as a folder of this machine. */
export interface Image {
  /** The folder that is `/` in the image. */
  readonly root: string;
  readonly base: string;
  workdir: string;
  user: string;
  environment: Record<string, string>;
  command: string[];
  healthcheck: string[];
}

/** Does what the steps of the stages say, each stage in a folder of its own, and returns the last. */
export async function replay(stages: Stage[], context: string, directory: string): Promise<Image> {
  const images = new Map<string, Image>();
  let image: Image | undefined;
  for (const [index, { base, name = String(index), steps }] of stages.entries()) {
    const root = join(directory, name);
    await mkdir(root);
    image = { root, base, workdir: '/', user: 'root', environment: {}, command: [], healthcheck: [] };
    for (const step of steps) await perform(step, image, context, images);
    images.set(name, image);
  }
  if (image === undefined) throw new Error('The Dockerfile has no stage.');
  return image;
}

async function perform({ instruction, words }: Step, image: Image, context: string, images: Map<string, Image>) {
  switch (instruction) {
    case 'WORKDIR':
      image.workdir = words;
      await mkdir(join(image.root, words), { recursive: true });
      break;
    case 'RUN':
      await run('sh', ['-ec', words], join(image.root, image.workdir));
      break;
    case 'COPY':
      await copy(words.split(' '), image, context, images);
      break;
    case 'ENV':
      Object.assign(image.environment, Object.fromEntries(words.split(' ').map((pair) => pair.split('='))));
      break;
    case 'USER':
      image.user = words;
      break;
    case 'CMD':
      image.command = JSON.parse(words) as string[];
      break;
    case 'HEALTHCHECK':
      image.healthcheck = JSON.parse(words.slice(words.indexOf('['))) as string[];
      break;
    case 'EXPOSE':
      break;
    default:
      throw new Error(`The replay does not know ${instruction}.`);
  }
}

/** Copies as Docker does: a file into the folder, of a folder what is in it. */
async function copy(words: string[], image: Image, context: string, images: Map<string, Image>): Promise<void> {
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const origin = from === undefined ? context : images.get(from)?.root;
  if (origin === undefined) throw new Error(`No stage is called ${from}.`);
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = join(image.root, image.workdir, paths.at(-1) ?? '');
  for (const source of paths.slice(0, -1).map((path) => join(origin, path))) {
    const isFolder = (await stat(source)).isDirectory();
    const destination = isFolder ? target : join(target, basename(source));
    await cp(source, destination, { recursive: true, verbatimSymlinks: true });
  }
}

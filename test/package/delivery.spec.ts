import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { run } from './command.js';
import { parseDockerfile, type Stage } from './image/dockerfile.js';
import { moduleGraph } from './module-graph.js';
import { type Manifest, packTarball, root } from './packed-package.js';

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string>;
  ports: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

interface Workflow {
  jobs: Record<
    string,
    {
      strategy?: { matrix: Record<string, number[]> };
      services?: Record<string, { image: string }>;
      steps: { uses?: string; run?: string }[];
    }
  >;
}

const read = (file: string) => readFile(join(root, file), 'utf8');

describe('The container image', () => {
  let directory: string;
  let stages: Stage[];

  jest.setTimeout(300_000);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'duo-delivery-'));
    await packTarball(directory); // builds
    stages = parseDockerfile(await read('Dockerfile'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('contains all libraries that the server imports', async () => {
    const { dependencies } = JSON.parse(await run(process.execPath, ['scripts/server-manifest.mjs'], root)) as Pick<
      Manifest,
      'dependencies'
    >;
    const migrations = (await readdir(join(root, 'dist/migrations'))).filter((file) => file.endsWith('.js'));
    expect(migrations.length).toBeGreaterThan(0);
    for (const entry of ['dist/main.js', ...migrations.map((file) => `dist/migrations/${file}`)]) {
      const { libraries } = await moduleGraph(root, entry);
      expect([...libraries].filter((name) => !(name in dependencies))).toEqual([]);
    }
  });

  it('copies existing files that .dockerignore admits', async () => {
    const ignored = (await read('.dockerignore')).trim().split('\n');
    const copies = stages.flatMap(({ steps }) => steps.filter(({ instruction }) => instruction === 'COPY'));
    const sources = copies
      .filter(({ words }) => !words.startsWith('--from'))
      .flatMap(({ words }) => words.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      await expect(stat(join(root, source))).resolves.toBeDefined();
      expect(ignored).not.toContain(source.split('/')[0]);
    }
  });

  it('runs Node itself, not as root, and has a health check', () => {
    const last = (name: string) => stages.at(-1)?.steps.findLast(({ instruction }) => instruction === name)?.words;
    expect(last('USER')).toBe('node');
    expect(last('CMD')).toBe('["node", "dist/main.js"]');
    expect(last('HEALTHCHECK')).toContain('/health/ready');
  });
});

describe('docker-compose.yml', () => {
  let services: Record<string, Service>;

  beforeAll(async () => {
    ({ services } = parse(await read('docker-compose.yml')) as { services: Record<string, Service> });
  });

  it('runs the server with a database, and never without keys', () => {
    const { server, postgres } = services;
    expect(server).toMatchObject({ build: '.', depends_on: { postgres: { condition: 'service_healthy' } } });
    expect(server?.environment?.API_KEYS).toMatch(/^\$\{API_KEYS:\?.+\}$/);
    const { username, password, hostname, pathname } = new URL(server?.environment?.DATABASE_URL ?? '');
    expect(hostname).toBe('postgres');
    expect(username).toBe('postgres');
    expect(postgres?.environment).toMatchObject({ POSTGRES_PASSWORD: password, POSTGRES_DB: pathname.slice(1) });
    expect(postgres?.healthcheck?.test).toContain('pg_isready');
  });

  it('publishes ports to this machine only, and pins the major version of each image', () => {
    expect(Object.keys(services).sort()).toEqual(['postgres', 'redis', 'server']);
    for (const { ports, image } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      if (image !== undefined) expect(image).toMatch(/:\d+/);
    }
  });
});

describe('The workflow', () => {
  let workflow: Workflow;
  let scripts: Record<string, string>;

  beforeAll(async () => {
    workflow = parse(await read('.github/workflows/ci.yml')) as Workflow;
    ({ scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> });
  });

  it('runs every check on each Node, and the package on each Nest', () => {
    const { check, package: matrix } = workflow.jobs;
    expect(check?.strategy?.matrix).toEqual({ node: [20, 22, 24] });
    expect(check?.services?.postgres?.image).toMatch(/^postgres:\d+/);
    expect(matrix?.strategy?.matrix).toEqual({ node: [20, 22, 24], nest: [11, 12] });
    const commands = check?.steps.flatMap(({ run }) => run ?? []);
    for (const name of ['lint', 'typecheck', 'build', 'test', 'migration:check']) {
      expect(commands).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
    }
  });

  it('calls existing scripts, and actions of a pinned major version', () => {
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const called = steps.flatMap(({ run }) => /^npm run (\S+)/.exec(run ?? '')?.[1] ?? []);
    expect(called).toEqual(expect.arrayContaining(['test:package', 'test:image']));
    for (const name of called) expect(scripts).toHaveProperty([name]);
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@v\d+$/);
  });
});

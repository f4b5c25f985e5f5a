import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { moduleGraph } from './module-graph.js';
import { type PackedPackage, packPackage } from './packed-package.js';

const OPTIONAL_PEERS_OF: Record<string, string[]> = {
  '.': ['class-transformer', 'class-validator', 'class-validator-jsonschema'],
  './http': ['class-transformer', 'class-validator', '@nestjs/swagger'],
};

let packed: PackedPackage;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
});

afterAll(() => packed.remove());

/** The subpaths that hold code, with their files. */
function subpaths(): [subpath: string, entries: string[]][] {
  return Object.entries(packed.manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [[subpath, [target.default, target.types]]],
  );
}

async function filesOf(entry: string): Promise<string[]> {
  return [...(await moduleGraph(packed.folder, entry)).files];
}

describe('The tarball', () => {
  it('contains the documentation of its version', async () => {
    const others = packed.files.filter((file) => !/^dist\/.*\.(js|js\.map|d\.ts)$/.test(file));
    const docs = (await readdir(join(import.meta.dirname, '../../docs'))).map((name) => `docs/${name}`);
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', ...docs, 'package.json'].sort());
  });

  it('excludes the server and its migrations', () => {
    expect(packed.files).toContain('dist/index.js');
    expect(packed.files.filter((file) => /^dist\/(app\/|main\.|migrations\/)/.test(file))).toEqual([]);
  });

  it('contains every file of its subpaths', async () => {
    const reached = await Promise.all(subpaths().flatMap(([, entries]) => entries.map(filesOf)));
    expect(reached.flat().length).toBeGreaterThan(100);
    expect(reached.flat().filter((file) => !packed.files.includes(file))).toEqual([]);
  });

  it('maps its code to sources that it contains', async () => {
    const map = JSON.parse(await readFile(join(packed.folder, 'dist/gitlab-duo.module.js.map'), 'utf8')) as {
      sourcesContent: string[];
    };
    expect(map.sourcesContent).toEqual([expect.stringContaining('export class GitlabDuoModule')]);
  });
});

describe('The imports of the package', () => {
  it('name declared dependencies; only /http needs optional peers', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = packed.manifest;
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    expect(subpaths().length).toBeGreaterThan(2);
    for (const [subpath, entries] of subpaths()) {
      const declared = new Set([...Object.keys(dependencies), ...peers, ...(OPTIONAL_PEERS_OF[subpath] ?? [])]);
      for (const entry of entries) {
        const { libraries } = await moduleGraph(packed.folder, entry);
        const undeclared = [...libraries].filter((name) => !declared.has(name));
        expect({ entry, undeclared }).toEqual({ entry, undeclared: [] });
      }
    }
  });

  it("of the sandbox name only Node's modules and the image header reader", async () => {
    const { files, libraries } = await moduleGraph(packed.folder, './dist/sandbox/index.js');
    expect(files.size).toBeGreaterThan(1);
    expect([...libraries]).toEqual(['image-size']);
  });

  it('of optional peers are declared as such', () => {
    const optional = Object.entries(packed.manifest.peerDependenciesMeta).map(([name]) => name);
    expect(optional.sort()).toEqual([...new Set(Object.values(OPTIONAL_PEERS_OF).flat())].sort());
  });
});

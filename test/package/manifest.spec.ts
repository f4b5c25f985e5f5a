import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from './packed-package.js';

interface DependencyTree {
  name?: string;
  version?: string;
  scarfSettings?: { enabled: boolean };
  dependencies?: Record<string, DependencyTree>;
}

/** What the reporter of `@scarf/scarf`, the install script of a library below @nestjs/swagger, does with `npm ls`. */
interface Reporter {
  processDependencyTreeOutput: (
    resolve: (report: unknown) => void,
    reject: (reason: Error) => void,
  ) => (error: null, output: string, complaints: string) => void;
}

interface ProjectManifest extends DependencyTree {
  keywords: string[];
  homepage: string;
  bugs: { url: string };
  repository: { type: string; url: string };
  author: string;
}

const { processDependencyTreeOutput } = createRequire(import.meta.url)('@scarf/scarf/report.js') as Reporter;

let manifest: ProjectManifest;

beforeAll(async () => {
  manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as ProjectManifest;
});

function reportOf(project: DependencyTree): Promise<unknown> {
  const scarf = { name: '@scarf/scarf', version: '1.4.0' };
  const swaggerUi = { name: 'swagger-ui-dist', version: '5.33.0', dependencies: { '@scarf/scarf': scarf } };
  const swagger = { name: '@nestjs/swagger', version: '12.0.2', dependencies: { 'swagger-ui-dist': swaggerUi } };
  const tree = JSON.stringify({ ...project, dependencies: { '@nestjs/swagger': swagger } });
  return new Promise((resolve, reject) => {
    processDependencyTreeOutput(resolve, reject)(null, tree, '');
  });
}

describe('package.json', () => {
  it('disables the install report of @scarf/scarf, a dependency of swagger-ui-dist', async () => {
    await expect(reportOf(manifest)).rejects.toThrow(/^Scarf has been disabled via a package\.json/);
    const { scarfSettings: _settings, ...talkative } = manifest;
    expect(await reportOf(talkative)).toMatchObject({ parent: { name: 'swagger-ui-dist' } });
  });

  it('names the author, the repository and the subject of the package', () => {
    const address = /^git\+(https:.+)\.git$/.exec(manifest.repository.url)?.[1] ?? '';
    expect(URL.canParse(address)).toBe(true);
    expect(manifest).toMatchObject({
      repository: { type: 'git' },
      homepage: `${address}#readme`,
      bugs: { url: `${address}/issues` },
      author: expect.stringMatching(/^\w/),
    });
    expect(manifest.keywords).toEqual(expect.arrayContaining(['nestjs', 'gitlab-duo', 'llm', 'typeorm']));
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length);
  });
});

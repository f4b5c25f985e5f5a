import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';

/** Imports a file of src in a process where some packages cannot be found; prints what it exports. */
async function exportsOf(file: string, missing: string[]): Promise<string> {
  const hooks = `export const resolve = (specifier, context, next) => {
    if (${JSON.stringify(missing)}.some((name) => specifier === name || specifier.startsWith(name + '/'))) throw new Error(specifier + ' is not installed');
    return next(specifier, context);
  };`;
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    console.log(Object.keys(await import('${pathToFileURL(await compiledProgram(file)).href}')).join());`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: childEnvironment() });
  return stdout;
}

// Each starts processes.
jest.setTimeout(120_000);

describe('Optional peer packages', () => {
  const server = ['@nestjs/swagger', '@nestjs/terminus', '@nestjs/platform-fastify', 'fastify', '@fastify/static'];
  const validation = ['class-validator', 'class-transformer'];

  it('are not required by the library', async () => {
    expect(await exportsOf('src/index.ts', [...server, ...validation])).toContain('GitlabDuoModule');
  });

  it('are not required by its HTTP API, except for validation', async () => {
    expect(await exportsOf('src/http/index.ts', server)).toContain('openApiDocument');
    await expect(exportsOf('src/http/index.ts', validation)).rejects.toThrow(
      /class-(validator|transformer) is not installed/,
    );
  });
});

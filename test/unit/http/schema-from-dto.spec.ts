import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { IsEmail, IsInt, IsString, MaxLength } from 'class-validator';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { serverDocument } from '../../../src/app/server-document.js';
import { Description, IsDto, Optional } from '../../../src/http/dto/decorators.js';
import { schemaFromDto } from '../../../src/http/openapi/schema-from-dto.js';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';

@Description('Where a person lives.')
class Address {
  @Description('With the number of the house.')
  @IsString()
  @MaxLength(200)
  street!: string;
}

class ForeignAddress extends Address {
  @Optional()
  @IsString()
  country?: string;
}

class Person {
  @IsDto(() => Address)
  home!: Address;

  @Optional()
  @IsDto(() => Address, { each: true })
  others?: Address[];
}

class Guest {
  @IsInt()
  @IsEmail()
  mail!: string;
}

const refTo = ({ name }: { name: string }) => ({ $ref: `#/${name}` });

describe('schemaFromDto', () => {
  it('reads the checks and the descriptions of fields', () => {
    expect(schemaFromDto(Address, refTo)).toEqual({
      type: 'object',
      description: 'Where a person lives.',
      properties: { street: { type: 'string', maxLength: 200, description: 'With the number of the house.' } },
      required: ['street'],
      additionalProperties: false,
    });
  });

  it('inherits fields with their descriptions, but not the description of the class', () => {
    expect(schemaFromDto(ForeignAddress, refTo)).toEqual({
      type: 'object',
      properties: {
        country: { type: 'string' },
        street: { type: 'string', maxLength: 200, description: 'With the number of the house.' },
      },
      required: ['street'],
      additionalProperties: false,
    });
  });

  it('references the schemas of other DTOs', () => {
    expect(schemaFromDto(Person, refTo)).toMatchObject({
      properties: { home: { $ref: '#/Address' }, others: { type: 'array', items: { $ref: '#/Address' } } },
      required: ['home'],
    });
  });

  it('refuses a check without a known JSON Schema', () => {
    expect(() => schemaFromDto(Guest, refTo)).toThrow('The check isEmail of the field mail has no JSON Schema.');
  });
});

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

const root = join(import.meta.dirname, '../../..');
const folder = join(import.meta.dirname, 'generated-client');
const documentFile = join(folder, 'document.d.ts');

/** The name of the property that holds the type. */
function placeOf(node: ts.Node): string {
  if (ts.isPropertySignature(node)) return node.name.getText();
  return ts.isSourceFile(node) ? '' : placeOf(node.parent);
}

/** Compiles files of the folder beside the types, and returns what is wrong with any of them. */
function complaintsOf(names: string[], types: string): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.fileExists = (file) => file === documentFile || ts.sys.fileExists(file);
  host.readFile = (file) => (file === documentFile ? types : ts.sys.readFile(file));
  const program = ts.createProgram(
    names.map((name) => join(folder, name)),
    { ...options, noEmit: true, skipLibCheck: false },
    host,
  );
  const files = [documentFile, ...names.map((name) => join(folder, name))].map((file) => program.getSourceFile(file));
  return files
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ messageText, file, start = 0 }) => {
      const line = file && file.getLineAndCharacterOfPosition(start).line + 1;
      return `${file?.fileName ?? ''}:${line ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
}

describe('Types that openapi-typescript generates from the served document', () => {
  let types: string;

  beforeAll(async () => {
    types = astToString(await openapiTS(JSON.stringify(serverDocument())));
  });

  it('leave only arbitrary JSON untyped', () => {
    const open = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword || node.kind === ts.SyntaxKind.UnknownKeyword) open.add(placeOf(node));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(documentFile, types, ts.ScriptTarget.ES2023, true));
    expect([...open].sort()).toEqual([
      // The UI messages of `useChat`, which its own package describes.
      '"application/json"',
      'arguments',
      'content',
      'data',
      'details',
      'error',
      'finishDetail',
      // The generator’s own: a response may have any header.
      'headers',
      'info',
      'metadata',
      'raw',
    ]);
    expect(types.match(/Record<string, never>/g)).toHaveLength(2);
    expect(types).toMatch(
      /export type webhooks = Record<string, never>;[^]*export type \$defs = Record<string, never>;/,
    );
  });

  it('match the server, and suffice for a client', () => {
    expect(complaintsOf(['proofs.ts', 'client.ts'], types)).toEqual([]);
  });
});

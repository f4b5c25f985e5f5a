import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { serverDocument } from '../../../src/app/server-document.js';

const root = join(import.meta.dirname, '../../..');
const folder = join(import.meta.dirname, 'generated-client');
const documentFile = join(folder, 'document.d.ts');

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

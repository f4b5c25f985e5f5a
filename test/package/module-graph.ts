import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** What can be reached from an entry of the package. */
export interface ModuleGraph {
  /** Paths within the package. */
  readonly files: Set<string>;
  /** The packages that these files import; Node's own modules are left out. */
  readonly libraries: Set<string>;
}

/** Walks the imports of JavaScript, or of declarations, from an entry such as `./dist/index.js`. */
export async function moduleGraph(folder: string, entry: string): Promise<ModuleGraph> {
  const files = new Set<string>();
  const libraries = new Set<string>();
  const isDeclaration = entry.endsWith('.d.ts');
  const waiting = [posix.normalize(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const { importedFiles } = ts.preProcessFile(await readFile(join(folder, file), 'utf8'), true, true);
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) waiting.push(resolved(file, fileName, isDeclaration));
      else if (!isBuiltin(fileName)) libraries.add(libraryOf(fileName));
    }
  }
  return { files, libraries };
}

function resolved(importer: string, specifier: string, isDeclaration: boolean): string {
  const path = posix.join(posix.dirname(importer), specifier);
  return isDeclaration ? path.replace(/\.js$/, '.d.ts') : path;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function libraryOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

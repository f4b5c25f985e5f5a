import { join } from 'node:path';
import ts from 'typescript';

/** The declarations of libraries, each of them parsed once for all programs with the same settings. */
const declarations = new Map<string, ts.SourceFile | undefined>();

/** Compiles a folder by its own tsconfig.json, except for these options, and returns what TypeScript complains about. */
export function compileProject(folder: string, options: ts.CompilerOptions = {}): string[] {
  const file = join(folder, 'tsconfig.json');
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(file, options, host);
  if (config === undefined) throw new Error(`${file} cannot be read.`);
  return compileFiles(config.fileNames, config.options, config.errors);
}

/** Compiles files, and returns what TypeScript complains about, after the complaints that there are already. */
export function compileFiles(
  files: readonly string[],
  options: ts.CompilerOptions,
  earlier: readonly ts.Diagnostic[] = [],
): string[] {
  const program = createProgram(files, options);
  const { diagnostics } = program.emit();
  return [...earlier, ...ts.getPreEmitDiagnostics(program), ...diagnostics].map(textOf);
}

/**
 * A program of these files, which shares the declarations of libraries with the earlier ones. TypeScript's own declarations
 * are not checked: it reports a conflict with them in the library that causes it.
 */
export function createProgram(files: readonly string[], given: ts.CompilerOptions): ts.Program {
  const options = { ...given, skipDefaultLibCheck: true };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version, ...rest) => {
    if (!file.endsWith('.d.ts')) return read(file, version, ...rest);
    const key = JSON.stringify([file, version, options.module, options.moduleResolution]);
    if (!declarations.has(key)) declarations.set(key, read(file, version, ...rest));
    return declarations.get(key);
  };
  return ts.createProgram(files, options, host);
}

function textOf({ messageText, file, start = 0 }: ts.Diagnostic): string {
  const line = file && file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file?.fileName ?? ''}:${line ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

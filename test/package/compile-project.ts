import { join } from 'node:path';
import ts from 'typescript';

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
  const program = ts.createProgram(files, options);
  const { diagnostics } = program.emit();
  return [...earlier, ...ts.getPreEmitDiagnostics(program), ...diagnostics].map(textOf);
}

function textOf({ messageText, file, start = 0 }: ts.Diagnostic): string {
  const line = file && file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file?.fileName ?? ''}:${line ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

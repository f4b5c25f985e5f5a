import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, cp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { childEnvironment } from '../child-environment.js';
import { WHOLE_PATH } from '../global-setup.js';
import { root, snippetFolder } from './blocks.js';

const BETWEEN_BLOCKS = '\u001E';
/** What the pages type and a machine with only Node, npm, git and a shell may lack. */
const STAND_INS = {
  curl: standIn('curl.mjs'),
  sed: standIn('sed.mjs'),
  npx: 'npm exec --',
};

/**
 * Runs blocks in one shell, in an application that has the snippets for its sources, and returns what each printed. The
 * programs that are there are used, unlike in other tests, unless the variables have another PATH.
 */
export async function runInShell(blocks: readonly string[], variables: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'duo-readme-'));
  try {
    await makeApplication(folder);
    const script = standIns() + blocks.map((block) => `${block}\nprintf '${BETWEEN_BLOCKS}'\n`).join('');
    const shell = spawn('sh', ['-e', '-c', script], {
      cwd: folder,
      env: childEnvironment({ PATH: process.env[WHOLE_PATH] ?? process.env.PATH, ...variables }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, complaints, [code]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'exit') as Promise<[number | null]>,
    ]);
    if (code !== 0) throw new Error(`The shell ended with ${String(code)}: ${complaints}`);
    return printed.split(BETWEEN_BLOCKS).slice(0, -1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function standIn(program: string): string {
  return `'${process.execPath}' '${join(import.meta.dirname, program)}'`;
}

function standIns(): string {
  return Object.entries(STAND_INS)
    .map(([name, command]) => `command -v ${name} >/dev/null || ${name}() { ${command} "$@"; }\n`)
    .join('');
}

async function makeApplication(folder: string): Promise<void> {
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    experimentalDecorators: true,
    useDefineForClassFields: false,
    paths: { 'nestjs-gitlab-duo': [join(root, 'src/index.ts')] },
  };
  await cp(snippetFolder, folder, { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['.', join(root, 'src')] }),
  );
}

import { randomUUID } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { type PlatformPackage } from './platform-package.js';
import { makeTrustedDirectory, outsideDirectory } from './trusted-directory.js';

/**
 * Copies the package, once per version, to where every account can read it and only the current user can write.
 * It appears there atomically, even if another process stages it at the same time.
 */
export async function stagePackage({ label, root }: PlatformPackage): Promise<string> {
  const shelf = await makeTrustedDirectory(join(await makeTrustedDirectory(outsideDirectory()), 'binaries'));
  const staged = join(shelf, label);
  if (!(await exists(staged))) {
    const copy = join(shelf, `.copying-${randomUUID()}`);
    try {
      await cp(join(root, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true });
      await linkLibraries(copy);
      await makeReadable(copy);
      await rename(copy, staged);
    } catch (error) {
      await rm(copy, { recursive: true, force: true });
      if (!(await exists(staged))) throw error;
    }
  }
  return makeTrustedDirectory(staged);
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** Makes the symbolic links that npm packages cannot hold and the package's install script makes. */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as LibraryLink[]) {
    const link = join(root, target);
    if (!(await exists(link))) await symlink(relative(dirname(target), source), link);
  }
}

async function makeReadable(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, basename(root) === 'bin' ? 0o755 : 0o644);
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

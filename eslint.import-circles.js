import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const FOLDERS = ['src', 'test'];
const IMPORTED = /\b(?:from|import)\s*\(?\s*'(\.[^']*)\.js'/g;

/**
 * Forbids circles of imports. Those of types alone count too: files that need each other's types are one idea in two
 * places. The plugins' rules skip them.
 */
export const noImportCircles = {
  meta: { type: 'problem', schema: [], messages: { circle: 'This import closes a circle: {{files}}.' } },
  create(context) {
    const file = context.filename;
    const circle = circlesOf(context.cwd).get(file);
    if (circle === undefined) return {};
    const files = circle.map((path) => relative(context.cwd, path)).join(', ');
    const check = (node) => {
      if (!node.source || !circle.includes(target(file, node.source.value.replace(/\.js$/, '')))) return;
      context.report({ node, messageId: 'circle', data: { files } });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};

/** By the root folder: the circles that files are part of. */
const known = new Map();

function circlesOf(root) {
  if (!known.has(root)) known.set(root, circles(importsIn(root)));
  return known.get(root);
}

/** What each file of the project imports. */
function importsIn(root) {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) => join(root, folder, path)),
  );
  const files = new Set(paths.filter((path) => path.endsWith('.ts')));
  const targets = (file) =>
    Array.from(readFileSync(file, 'utf8').matchAll(IMPORTED), ([, specifier]) => target(file, specifier));
  return new Map(Array.from(files, (file) => [file, targets(file).filter((path) => files.has(path))]));
}

function target(file, specifier) {
  return `${join(dirname(file), specifier)}.ts`;
}

/** Tarjan's strongly connected components, without those of a single file. */
function circles(imports) {
  const found = new Map();
  const [order, lowest, stack] = [new Map(), new Map(), []];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    const start = stack.push(file) - 1;
    for (const next of imports.get(file)) {
      if (!order.has(next)) visit(next);
      if (!stack.includes(next)) continue;
      lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(start);
    if (circle.length > 1) for (const member of circle) found.set(member, circle);
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}

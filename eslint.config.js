import tseslint from 'typescript-eslint';
import { noImportCircles } from './eslint.import-circles.js';
import { plainLanguage } from './eslint.plain-language.js';

// The rooms of src, from the ground floor up. A room may import from those below it, never from those above.
const rooms = [
  ['async', 'messages', 'errors', 'config'],
  ['models'],
  ['schemas'],
  ['gateway'],
  ['delegates'],
  ['router'],
  ['tools'],
  ['turn'],
  ['runs'],
  ['conversation'],
  ['chats'],
  ['agents'],
  ['discovery'],
  ['testing'],
  ['http'],
  ['ui', 'openai'],
  ['app'],
];

const roomsFrom = (names) => names.flatMap((name) => [`../${name}/**`, `../../${name}/**`]);

// The folders whose comments and constants are in plain language; a folder is added once it is clean.
const plainRooms = [
  ...['async', 'turn', 'runs', 'router', 'gateway', 'delegates', 'app', 'conversation', 'chats'],
  ...['models', 'messages', 'errors', 'config', 'schemas', 'discovery', 'testing', 'http'],
  ...['tools', 'agents', 'sandbox', 'ui', 'openai'],
].map((room) => `src/${room}/**/*.ts`);

/** What the files of a room may not import. */
function restrictions(room, above) {
  const modules = ['app', 'http', 'testing', 'ui', 'openai'].includes(room) ? [] : ['**/gitlab-duo*.module.js'];
  return [
    { group: roomsFrom(above), message: `Imports point down: ${room} may not know a room above it.` },
    { group: ['**/index.js', '!**/sandbox/index.js', ...modules], message: 'Import the file itself, never a barrel.' },
    {
      group: room === 'app' ? [] : roomsFrom(['sandbox']),
      message: 'The sandbox stands aside: only the server starts it.',
    },
  ].filter(({ group }) => group.length > 0);
}

const layerRules = rooms.flatMap((floor, level) =>
  floor.map((room) => ({
    files: [`src/${room}/**/*.ts`],
    ignores: ['src/*/index.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: restrictions(room, rooms.slice(level + 1).flat()) },
      ],
    },
  })),
);

export default tseslint.config(
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { ignores: ['**/dist/', 'coverage/', '.data/', 'test/unit/http/generated-client/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { project: { rules: { 'no-import-circles': noImportCircles, 'plain-language': plainLanguage } } },
    rules: {
      'project/no-import-circles': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nest types the options of its factories as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // The mixins' type arguments are theirs to give: TypeScript cannot infer one from a file that imports the other.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/sandbox/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['../../*', '../!(sandbox)/**'],
              message: 'The sandbox stands aside: it imports nothing else of src.',
            },
          ],
        },
      ],
    },
  },
  {
    // Where an example stands alone, its own tsconfig.json finds the package; here that of examples/ does.
    files: ['examples/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: 'examples/tsconfig.json' } },
  },
  { files: [...plainRooms, 'web/**/*.ts', 'web/**/*.tsx'], rules: { 'project/plain-language': 'error' } },
  ...layerRules,
);

import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

// The rooms of src, from the ground floor up. A room may import from those below it, never from those above.
const rooms = [
  ['messages', 'errors', 'config'],
  ['models'],
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
  ['app'],
];

const notFrom = (names, message) => ({
  group: names.flatMap((name) => [`../${name}/**`, `../../${name}/**`]),
  message,
});

const layerRules = rooms.flatMap((floor, level) =>
  floor.map((room) => ({
    files: [`src/${room}/**/*.ts`],
    ignores: ['src/*/index.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            notFrom([...rooms.slice(level + 1).flat(), ...(room === 'app' ? [] : ['sandbox'])], `Imports point down: ${room} may not know this room.`),
            {
              group: ['**/index.js', ...(['app', 'http', 'testing'].includes(room) ? [] : ['**/gitlab-duo.module.js'])],
              message: 'Import the file itself, never a barrel or the module above.',
            },
          ],
        },
      ],
    },
  })),
);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.data/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/sandbox/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['../../*', '../!(sandbox)/**'], message: 'The sandbox stands aside: it imports nothing else of src.' }] },
      ],
    },
  },
  ...layerRules,
);

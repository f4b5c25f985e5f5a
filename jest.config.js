/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/web/test'],
  testRegex: '\\.spec\\.tsx?$',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-gitlab-duo$': '<rootDir>/src/index',
    '^nestjs-gitlab-duo/(http|openai|sandbox|testing|types|ui)$': '<rootDir>/src/$1/index',
    '^@nestjs/throttler$': '<rootDir>/test/e2e/support/throttler.ts',
  },
  transform: {
    // By .swcrc.
    '^.+\\.ts$': '@swc/jest',
    '^.+\\.tsx$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  // Against hanging alone: on a slow and busy machine the longest tests take a tenth of it.
  testTimeout: 120_000,
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
};

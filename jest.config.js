/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-gitlab-duo$': '<rootDir>/src/index',
    '^nestjs-gitlab-duo/(http|sandbox|testing|types|ui)$': '<rootDir>/src/$1/index',
    '^@nestjs/throttler$': '<rootDir>/test/e2e/support/throttler.ts',
  },
  // By .swcrc.
  transform: { '^.+\\.ts$': '@swc/jest' },
  // Against hanging alone: on a slow and busy machine the longest tests take a tenth of it.
  testTimeout: 120_000,
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
};

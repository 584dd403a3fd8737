/** What every project shares. */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
  // tsc rewrites `./x.ts` to `./x.js`, which only ncc and Node's type stripping resolve by themselves.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'] },
}
const scenarios = ['<rootDir>/__tests__/scenarios/**/*.test.ts']

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/__tests__/scenarios/', '<rootDir>/__tests__/witnesses/'],
    },
    // The scenarios run the shipped bundle as a child process, and a second time the sources in this one, so that their
    // coverage can be measured.
    { ...base, displayName: 'bundle', testMatch: scenarios, globals: { scenarioTarget: 'bundle' } },
    {
      ...base,
      displayName: 'source',
      testMatch: scenarios,
      // What is done to a process from outside is done to the bundle alone.
      testPathIgnorePatterns: ['\\.process\\.test\\.ts$'],
      globals: { scenarioTarget: 'source' },
    },
    // Clients and servers that are not ours, in Python: `npm run witnesses`, which installs them; never part of `npm test`.
    {
      ...base,
      displayName: 'witnesses',
      testMatch: ['<rootDir>/__tests__/witnesses/**/*.test.ts'],
      globals: { scenarioTarget: 'bundle' },
    },
  ],
  // index.ts only calls run(), in a process of its own; log.ts and outcome.ts are types and nothing else.
  collectCoverageFrom: ['src/**/*.ts', '!src/index.ts', '!src/log.ts', '!src/outcome.ts'],
  coverageThreshold: { global: { statements: 95, branches: 95, functions: 95, lines: 95 } },
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'json', 'lcovonly'],
  // Most of the time tests wait, for a clock or another process.
  maxWorkers: '100%',
  testTimeout: 60_000,
}

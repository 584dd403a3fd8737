import { readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

// Workers and what they start inherit both. What tests start a thousand times is compiled once: the bundle, and programs in TypeScript.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')
if (hasMemoryForFiles()) process.env.TMPDIR ??= '/dev/shm'

/** Tests make a million small files, which takes a disk minutes. Containers often give little memory, or let no program run there. */
function hasMemoryForFiles() {
  const GIGABYTE = 2 ** 30
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    const isForPrograms = !/^\S+ \/dev\/shm \S+ \S*\bnoexec\b/m.test(readFileSync('/proc/mounts', 'utf8'))
    return bavail * bsize > 4 * GIGABYTE && isForPrograms
  } catch {
    return false
  }
}

/** What every project shares. */
const base = {
  // Of thirty thousand files, most are packages of Python in .cache.
  roots: ['<rootDir>/__tests__', '<rootDir>/src'],
  // Not with the temporary files: it is to outlive them.
  cacheDirectory: '<rootDir>/.cache/jest',
  testEnvironment: '<rootDir>/__tests__/environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': '<rootDir>/__tests__/strip-types.js',
    '/@actions/workflow-parser/dist/.*-schema\\.js$': '<rootDir>/__tests__/json-imports.js',
  },
  transformIgnorePatterns: ['/node_modules/(?!@actions/workflow-parser/)'],
}
const LONG = '\\.long\\.test\\.ts$'
/** Tests of the local cloud itself. */
const LOCAL = ['local', 'proxy', 'runner-tools', 'time'].map((folder) => `<rootDir>/__tests__/${folder}/`)

/** @type {import('jest').Config} */
export default {
  // `npm test` runs the projects unit and bundle, `npm run test:all` all but the witnesses.
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: [
        '<rootDir>/__tests__/scenarios/',
        '<rootDir>/__tests__/witnesses/',
        ...LOCAL,
        LONG,
      ],
    },
    // The shipped bundle as a child process; of long tables, most rows run the sources in this process.
    {
      ...base,
      displayName: 'bundle',
      testMatch: ['<rootDir>/__tests__/scenarios/**/*.test.ts'],
      testPathIgnorePatterns: [LONG],
    },
    {
      ...base,
      displayName: 'local',
      testMatch: LOCAL.map((folder) => `${folder}**/*.test.ts`),
      testPathIgnorePatterns: [LONG],
    },
    // Attacks, crashes and races in all their combinations, and what needs real databases or real time.
    {
      ...base,
      displayName: 'long',
      testMatch: ['<rootDir>/__tests__/**/*.long.test.ts'],
    },
    // Clients and servers that are not ours, in Python: `npm run witnesses`, which installs them.
    { ...base, displayName: 'witnesses', testMatch: ['<rootDir>/__tests__/witnesses/**/*.test.ts'] },
  ],
  // index.ts only calls run(), in a process of its own; log.ts and outcome.ts are types and nothing else.
  collectCoverageFrom: ['src/**/*.ts', '!src/index.ts', '!src/log.ts', '!src/outcome.ts'],
  // Each `??`, default and `?.` counts as a branch here. V8 counts blocks only: 95.1% for the unit tests alone, where this says 90.5%.
  coverageThreshold: { global: { statements: 96, branches: 93, functions: 97, lines: 97 } },
  // V8's own coverage takes two and a half times the processor time of the unit tests.
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'json', 'lcovonly'],
  maxWorkers: '100%',
  testSequencer: '<rootDir>/__tests__/slow-first.js',
  // Real time, of which even a busy machine needs less.
  testTimeout: 300_000,
}

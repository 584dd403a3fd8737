import { describe, expect, test } from '@jest/globals'
import { clusterPhase, failedAtBirth, instancePhase, misfitOf } from '../../../src/aurora/api/statuses.ts'

/** The statuses of the Aurora user guide (accessing-monitoring), and those that only AWS's own controllers name. */
const CLUSTER = {
  available: ['available', 'Available'],
  deleting: ['deleting'],
  stopped: ['stopped'],
  failed: [
    'cloning-failed',
    'migration-failed',
    'upgrade_failed',
    'upgrade-failed',
    'inaccessible-encryption-credentials',
    'inaccessible-encryption-credentials-recoverable',
    'Cloning-Failed',
    'failed',
    'restore-failed',
    'incompatible-restore',
    'incompatible-network',
    'incompatible-parameters',
    'storage-failure',
    'insufficient-capacity',
    'insufficient-resource-limits',
  ],
  transient: [
    'creating',
    'backing-up',
    'modifying',
    'migrating',
    'preparing-data-migration',
    'resetting-master-credentials',
    'update-iam-db-auth',
    'upgrading',
    'maintenance',
    'failing-over',
    'promoting',
    'renaming',
    'starting',
    'stopping',
    'storage-optimization',
    'backtracking',
    'rebooting',
    'scaling-compute',
    'unknown',
    'something-of-2027',
    '',
  ],
} as const

const INSTANCE = {
  available: ['available'],
  deleting: ['deleting'],
  stopped: ['stopped'],
  failed: [
    'failed',
    'inaccessible-encryption-credentials',
    'inaccessible-encryption-credentials-recoverable',
    'incompatible-create',
    'incompatible-credentials',
    'incompatible-network',
    'incompatible-option-group',
    'incompatible-parameters',
    'incompatible-restore',
    'insufficient-capacity',
    'restore-error',
    'storage-full',
    'upgrade_failed',
    'modify-failed',
    'unsupported-configuration',
  ],
  transient: [
    'backing-up',
    'backtracking',
    'configuring-enhanced-monitoring',
    'configuring-iam-database-auth',
    'configuring-log-exports',
    'creating',
    'delete-precheck',
    'maintenance',
    'modifying',
    'rebooting',
    'resetting-master-credentials',
    'renaming',
    'starting',
    'stopping',
    'storage-config-upgrade',
    'storage-initialization',
    'storage-optimization',
    'upgrading',
    'unknown',
  ],
} as const

function rows(phases: Readonly<Record<string, readonly string[]>>): readonly (readonly [string, string])[] {
  return Object.entries(phases).flatMap(([phase, statuses]) =>
    statuses.map((status) => [status, phase] as const),
  )
}

describe('clusters', () => {
  test.each(rows(CLUSTER))('"%s" is %s', (status, phase) => {
    expect(clusterPhase(status)).toBe(phase)
  })
})

describe('instances', () => {
  test.each(rows(INSTANCE))('"%s" is %s', (status, phase) => {
    expect(instancePhase(status)).toBe(phase)
  })
})

test.each([
  ['incompatible-network', 'network'],
  ['Incompatible-Parameters', 'parameters'],
  ['incompatible-option-group', 'configuration'],
  ['inaccessible-encryption-credentials', 'key'],
  ['inaccessible-encryption-credentials-recoverable', 'key'],
  ['unsupported-configuration', 'configuration'],
  ['cloning-failed', undefined],
  ['insufficient-capacity', undefined],
  ['incompatible-restore', undefined],
  ['storage-full', undefined],
  ['failed', undefined],
])('asking again for what ended in "%s" gives the same: %s', (status, expected) => {
  expect(misfitOf(status)).toBe(expected)
})

test.each([
  ['cloning-failed', true],
  ['Cloning-Failed', true],
  ['restore-failed', true],
  ['restore-error', true],
  ['incompatible-restore', true],
  ['incompatible-create', true],
  ['failed', false],
  ['incompatible-network', false],
  ['incompatible-parameters', false],
  ['inaccessible-encryption-credentials', false],
  ['storage-failure', false],
  ['storage-full', false],
  ['insufficient-capacity', false],
  ['migration-failed', false],
  ['available', false],
  ['', false],
])('"%s" comes only before anything was ever available: %s', (status, expected) => {
  expect(failedAtBirth(status)).toBe(expected)
})

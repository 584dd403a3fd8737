import { describe, expect, test } from '@jest/globals'
import type { ReadyFailure } from '../../../src/aurora/ready/plan.ts'
import { explainReadyFailure } from '../../../src/aurora/ready/failure.ts'
import { CLONE, aCluster, someTags } from '../../factories.ts'

const OF_PULL_REQUEST = { ownerName: 'pull request #42', identifier: CLONE } as const

test.each<[ReadyFailure, string, string, string, string]>([
  ['no-clone', 'no cluster', 'No clone', 'There is no clone for pull request #42.', 'Run mode create first.'],
  [
    'being-deleted',
    'cluster deleting',
    'No clone',
    `Clone "${CLONE}" of pull request #42 is being deleted.`,
    'Run mode create: it makes a new clone.',
  ],
  [
    'vanished',
    'made 2 times',
    'Clone failed',
    `Clone "${CLONE}" was made 2 times, and was gone again each time: something else deleted it.`,
    'Look in CloudTrail for DeleteDBCluster on it.',
  ],
  [
    'not-owned',
    'its tags could not be read',
    'Cluster not owned',
    `A cluster named "${CLONE}" exists, but it is not a clone of this action: its tags could not be read. It was not touched.`,
    'Rename or remove that cluster, or choose another identifier-prefix.',
  ],
  [
    'other-source',
    'billing',
    'Clone of another source',
    `Clone "${CLONE}" was made from source cluster "billing", not from the one that is configured now. It was not touched.`,
    'Set clone-name to have one clone per source, or run mode destroy to remove the old one.',
  ],
  [
    'failed-before-ready',
    'cluster cloning-failed, writer not there yet',
    'Clone failed',
    `Clone "${CLONE}" failed before it was ready: cluster cloning-failed, writer not there yet.`,
    'Run mode create: it replaces a clone that never was ready.',
  ],
  [
    'failed-again',
    'cluster cloning-failed, writer not there yet',
    'Clone failed',
    `Clone "${CLONE}" was removed and recreated, and failed again: cluster cloning-failed, writer not there yet.`,
    'The events of AWS in the log say why. Correct the cause and run again.',
  ],
  [
    'failed-after-ready',
    'cluster storage-failure, writer available',
    'Clone failed',
    `Clone "${CLONE}" failed after its endpoint had been published: cluster storage-failure, writer available. It was not changed, because it may hold important data.`,
    'If its data is not needed, run mode destroy and then create.',
  ],
])('%s', (why, detail, title, what, remedy) => {
  const cluster = aCluster()
  const failure = explainReadyFailure(why, { ...OF_PULL_REQUEST, detail, cluster })
  expect(failure).toMatchObject({ title, what, remedy })
})

describe('failed by what was asked for: says what to correct', () => {
  const THEN = 'then run mode create, which replaces the clone.'
  const GROUPS =
    'or set db-parameter-group-name (or db-cluster-parameter-group-name) to one that fits the instance class'
  const OF_SOURCE = someTags({ 'aurora-clone:db-parameter-group': undefined })
  test.each([
    [
      'misfit-parameters',
      'incompatible-parameters',
      someTags(),
      'Parameter group rejected',
      `Correct parameter group "orders-instance", ${GROUPS}; ${THEN}`,
    ],
    [
      'misfit-parameters',
      'incompatible-parameters',
      OF_SOURCE,
      'Parameter group rejected',
      `Correct parameter group "of the source", ${GROUPS}; ${THEN}`,
    ],
    [
      'misfit-key',
      'inaccessible-encryption-credentials',
      someTags(),
      'Clone failed',
      `Give RDS access to the KMS key of the source, or set kms-key-id; ${THEN}`,
    ],
    [
      'misfit-network',
      'incompatible-network',
      someTags(),
      'Clone failed',
      `Correct db-subnet-group-name and vpc-security-group-ids; ${THEN}`,
    ],
    [
      'misfit-configuration',
      'incompatible-option-group',
      someTags(),
      'Clone failed',
      `Correct what the status names; ${THEN}`,
    ],
  ] as const)('%s: %s', (why, status, tags, title, remedy) => {
    const detail = `cluster ${status}, writer available`
    const cluster = aCluster({ tags })
    expect(explainReadyFailure(why, { ...OF_PULL_REQUEST, detail, cluster })).toMatchObject({
      title,
      what: `Clone "${CLONE}" failed: ${detail}.`,
      remedy,
    })
  })

  test('of a clone that is not shown', () => {
    const failure = explainReadyFailure('misfit-parameters', {
      ...OF_PULL_REQUEST,
      detail: 'cluster incompatible-parameters, writer not there yet',
      cluster: undefined,
    })
    expect(failure.remedy).toContain('Correct parameter group "of the source"')
  })
})

test('the owner is named as the run names it', () => {
  const failure = explainReadyFailure('no-clone', {
    ...OF_PULL_REQUEST,
    ownerName: 'nightly (generation 20261121)',
    detail: 'no cluster',
    cluster: undefined,
  })
  expect(failure.what).toBe('There is no clone for nightly (generation 20261121).')
})

import { describe, expect, test } from '@jest/globals'
import type { ReadyFailure } from '../../src/aurora/plan-ready.ts'
import type { CloneOwner } from '../../src/modes/mode-context.ts'
import { explainReadyFailure } from '../../src/modes/ready-failure.ts'
import { CLONE, aCluster, someTags } from '../factories.ts'

const OWNER: CloneOwner = {
  server: 'github.com',
  repositoryId: '4711',
  key: 'pr-42',
  generation: undefined,
  number: 42,
}

test.each<[ReadyFailure, string, string, string, string]>([
  ['no-clone', 'no cluster', 'No clone', 'There is no clone for pull request #42.', 'Run mode create first.'],
  [
    'being-deleted',
    'cluster deleting',
    'No clone',
    `Clone "${CLONE}" of pull request #42 is being deleted.`,
    'Run mode create: it waits until the name is free and makes a new one.',
  ],
  [
    'vanished',
    'restored 2 times',
    'Clone failed',
    `Clone "${CLONE}" was restored 2 times, and was gone again each time: somebody else deleted it.`,
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
    'Set clone-name to have one clone for each source, or run mode destroy to give the old one up.',
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
    `Clone "${CLONE}" was removed and made again, and failed again: cluster cloning-failed, writer not there yet.`,
    'The events of AWS in the log say why; correct the cause and run again.',
  ],
  [
    'failed-after-ready',
    'cluster storage-failure, writer available',
    'Clone failed',
    `Clone "${CLONE}" has failed in the middle of its life: cluster storage-failure, writer available. It was not touched, since it may hold somebody's work.`,
    'If nobody needs its data, run mode destroy and then create.',
  ],
])('%s', (why, detail, title, what, remedy) => {
  const cluster = aCluster()
  const failure = explainReadyFailure(why, { owner: OWNER, identifier: CLONE, detail, cluster })
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
    expect(explainReadyFailure(why, { owner: OWNER, identifier: CLONE, detail, cluster })).toMatchObject({
      title,
      what: `Clone "${CLONE}" failed: ${detail}.`,
      remedy,
    })
  })

  test('of a clone that is not shown', () => {
    const failure = explainReadyFailure('misfit-parameters', {
      owner: OWNER,
      identifier: CLONE,
      detail: 'cluster incompatible-parameters, writer not there yet',
      cluster: undefined,
    })
    expect(failure.remedy).toContain('Correct parameter group "of the source"')
  })
})

test.each([
  ['20261121', 'There is no clone for nightly (generation 20261121).'],
  [undefined, 'There is no clone for nightly.'],
])('a key of the user’s (generation %s)', (generation, what) => {
  const owner = { ...OWNER, key: 'nightly', number: undefined, generation }
  const failure = explainReadyFailure('no-clone', {
    owner,
    identifier: CLONE,
    detail: 'no cluster',
    cluster: undefined,
  })
  expect(failure.what).toBe(what)
})

import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { PreparationOrder } from '../../../src/aurora/prepare/order.ts'
import {
  FRESH_PREPARATION,
  type PreparationMemory,
  type PreparationStep,
  planPreparation,
} from '../../../src/aurora/prepare/plan.ts'
import type { SanitisingOrder } from '../../../src/sanitise/order.ts'
import { MINUTE, NOW_MS, aCluster, ownedCloneOf, unpublishedTags } from '../../factories.ts'

const RUN = 'a1b2'
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf'
const MANAGED: Partial<ClusterSnapshot> = { secretArn: SECRET, secretStatus: 'active' }
const OPEN: Partial<ClusterSnapshot> = { ...MANAGED, hasDataApi: true }

const SANITISING: SanitisingOrder = {
  disablesLogins: true,
  keepLogins: [],
  sanitises: true,
  statements: [],
  checks: [],
  decisions: undefined,
  database: undefined,
  digest: '0a1b',
}

interface Case {
  readonly cluster?: Partial<ClusterSnapshot>
  readonly memory?: Partial<PreparationMemory>
  readonly order?: Partial<PreparationOrder>
  /** Value of the tag. */
  readonly sanitised?: string
  readonly isReady?: true
  readonly inherits?: true
}

function stepOf({ cluster, memory, order, sanitised, isReady, inherits }: Case): PreparationStep {
  const tags = {
    ...unpublishedTags(),
    ...(inherits === true ? {} : { 'aurora-clone:credentials': 'managed' }),
    ...(sanitised === undefined ? {} : { 'aurora-clone:sanitised': sanitised }),
    ...(isReady === true ? { 'aurora-clone:ready-at': '2026-11-21T09:00:00.000Z' } : {}),
  }
  return planPreparation({
    clone: ownedCloneOf(aCluster({ tags, securityGroupIds: ['sg-quarantine'], ...cluster })),
    order: {
      run: RUN,
      workflowRun: '99',
      by: 'this-run',
      sanitising: SANITISING,
      securityGroupIds: ['sg-2', 'sg-1'],
      isSource: false,
      pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 1_000 },
      isStillWanted: () => Promise.resolve(true),
      ...order,
    },
    memory: { ...FRESH_PREPARATION, ...memory },
    nowMs: NOW_MS,
    awsNowMs: NOW_MS,
  })
}

function inAWord(step: PreparationStep): string {
  switch (step.kind) {
    case 'change':
      return step.change.kind
    case 'work':
      return step.work
    case 'tag':
      return `tag ${step.preparation.kind}`
    case 'fail':
      return `fail ${step.why}`
    case 'wait':
      return step.waitingFor
    default:
      return step.kind
  }
}

const at = (minutesAgo: number): string => new Date(NOW_MS - minutesAgo * MINUTE).toISOString()
const CHANGED = { changedAtMs: { 'manage-password': NOW_MS - MINUTE } }

describe('a password of its own', () => {
  test.each<[string, Case, string]>([
    ['nothing was done', {}, 'manage-password'],
    ['the cluster is busy', { cluster: { status: 'modifying' } }, 'cluster modifying'],
    ['AWS hides the secret', { memory: CHANGED }, 'waiting for AWS to show the secret of the clone'],
    [
      'AWS has lost it',
      { memory: { changedAtMs: { 'manage-password': NOW_MS - 3 * MINUTE } } },
      'manage-password',
    ],
    ['the Data API is off', { cluster: MANAGED }, 'enable-data-api'],
    [
      'and the cluster is busy',
      { cluster: { ...MANAGED, status: 'resetting-master-credentials' } },
      'cluster resetting-master-credentials',
    ],
    [
      'AWS hides the Data API',
      { cluster: MANAGED, memory: { changedAtMs: { 'enable-data-api': NOW_MS } } },
      'waiting for the Data API of the clone',
    ],
    [
      'the secret is being made',
      { cluster: { ...OPEN, secretStatus: 'creating' } },
      'waiting for AWS to make the secret of the clone',
    ],
    ['an interrupted run did all of it', { cluster: OPEN }, 'prove'],
    ['the secret is impaired: a login tells', { cluster: { ...OPEN, secretStatus: 'impaired' } }, 'prove'],
    ['proven', { cluster: OPEN, memory: { isProven: true } }, 'disable-data-api'],
    ['all done', { cluster: MANAGED, memory: { isProven: true } }, 'done'],
    ['published before', { isReady: true }, 'done'],
    ['the source’s password is enough', { inherits: true }, 'done'],
  ])('%s', (_, given, step) => {
    expect(inAWord(stepOf(given))).toBe(step)
  })
})

const PROVEN = { cluster: OPEN, memory: { isProven: true } }
const WORKED = { cluster: OPEN, memory: { isProven: true, isWorkDone: true } }
const MINE = `begun ${RUN} ${at(1)}`
const THEIRS = `begun ff ${at(1)}`
const ENDED = `begun ff ${at(6)}`
const CLEAN = 'clean-0a1b'
const MOVED: Partial<ClusterSnapshot> = { ...MANAGED, securityGroupIds: ['sg-1', 'sg-2'] }

describe('sanitised by this run', () => {
  test.each<[string, Case, string]>([
    ['begins with its claim', { sanitised: 'pending' }, 'tag begun'],
    ['without any way to do so', { sanitised: 'pending', order: { sanitising: undefined } }, 'fail no-order'],
    ['needs its own password first', { sanitised: MINE }, 'manage-password'],
    ['then does its work', { sanitised: MINE, ...PROVEN }, 'sanitise'],
    ['then it is clean', { sanitised: MINE, ...WORKED }, 'tag clean'],
    ['the Data API goes off', { sanitised: CLEAN, cluster: OPEN }, 'disable-data-api'],
    ['then it moves', { sanitised: CLEAN, cluster: MANAGED }, 'move'],
    [
      'AWS hides the move',
      { sanitised: CLEAN, cluster: MANAGED, memory: { changedAtMs: { move: NOW_MS } } },
      'waiting for AWS to move the clone to its security groups',
    ],
    [
      'a source waits for its backups',
      {
        sanitised: CLEAN,
        cluster: { ...MOVED, latestRestorableAtMs: NOW_MS - MINUTE },
        order: { isSource: true },
      },
      'waiting for its latest restorable time to pass the end of its sanitising',
    ],
    [
      'and is published then',
      {
        sanitised: CLEAN,
        cluster: { ...MOVED, latestRestorableAtMs: NOW_MS - MINUTE },
        order: { isSource: true },
        memory: { cleanAtMs: NOW_MS - 2 * MINUTE },
      },
      'done',
    ],
    [
      'the groups are not in force yet',
      { sanitised: CLEAN, cluster: { ...MOVED, isMoving: true } },
      'waiting for its security groups to be in force',
    ],
    ['there it is', { sanitised: CLEAN, cluster: MOVED }, 'done'],
    [
      'a run without the inputs finishes it, too',
      { sanitised: CLEAN, cluster: MANAGED, order: { sanitising: undefined } },
      'move',
    ],
    [
      'without a quarantine it stays where it is',
      { sanitised: CLEAN, cluster: MANAGED, order: { securityGroupIds: undefined } },
      'done',
    ],
    ['other files have made it', { sanitised: 'clean-ff', cluster: MANAGED }, 'begin-anew'],
    ['another run is at work', { sanitised: THEIRS }, 'waiting for another run to prepare it'],
    ['another run was cut off', { sanitised: ENDED }, 'begin-anew'],
    ['another run failed', { sanitised: 'failed' }, 'begin-anew'],
    ['a tag that nobody can read', { sanitised: 'cleaned' }, 'begin-anew'],
    ['a claim without a time', { sanitised: 'begun ff soon' }, 'begin-anew'],
    ['steps of the user’s had it', { sanitised: 'handed-over 99' }, 'begin-anew'],
  ])('%s', (_, given, step) => {
    expect(inAWord(stepOf(given))).toBe(step)
  })
})

describe('sanitised by steps of the user’s', () => {
  const steps = { order: { by: 'steps' as const } }
  const after = { order: { by: 'this-run-after-steps' as const } }
  test.each<[string, Case, string]>([
    ['begins with its claim', { sanitised: 'pending', ...steps }, 'tag begun'],
    ['closes what is open', { sanitised: MINE, ...PROVEN, ...steps }, 'isolate'],
    ['switches the Data API off', { sanitised: MINE, ...WORKED, ...steps }, 'disable-data-api'],
    ['is handed over', { sanitised: MINE, ...WORKED, cluster: MANAGED, ...steps }, 'tag handed-over'],
    [
      'and that is all',
      { sanitised: 'handed-over 99', cluster: MANAGED, memory: { isHandedOver: true }, ...steps },
      'handed-over',
    ],
    ['to another workflow run', { sanitised: 'handed-over 98', ...PROVEN, ...after }, 'fail not-handed-over'],
    ['another run is at work on it', { sanitised: THEIRS, ...after }, 'fail not-handed-over'],
    ['checks need a login', { sanitised: 'handed-over 99', inherits: true, ...after }, 'fail no-login'],
    [
      'with the password of the source, too',
      {
        sanitised: MINE,
        inherits: true,
        order: { by: 'steps', sanitising: { ...SANITISING, disablesLogins: false } },
      },
      'tag handed-over',
    ],
    ['a second run begins anew', { sanitised: 'handed-over 99', ...steps }, 'begin-anew'],
    ['publish verifies', { sanitised: 'handed-over 99', ...PROVEN, ...after }, 'verify'],
    ['then it is clean', { sanitised: 'handed-over 99', ...WORKED, ...after }, 'tag clean'],
    ['then it moves', { sanitised: CLEAN, cluster: MANAGED, ...after }, 'move'],
    ['publish of what was never handed over', { sanitised: 'pending', ...after }, 'fail not-handed-over'],
    ['publish of what failed', { sanitised: 'failed', ...after }, 'fail left-half-prepared'],
    ['publish of what is published', { sanitised: CLEAN, isReady: true, ...after }, 'done'],
  ])('%s', (_, given, step) => {
    expect(inAWord(stepOf(given))).toBe(step)
  })
})

describe('a run that waits publishes nothing', () => {
  const order = { by: 'another-run' as const, sanitising: undefined, securityGroupIds: undefined }
  test.each<[string, string]>([
    ['pending', 'waiting for another run to prepare it'],
    [MINE, 'waiting for another run to prepare it'],
    [THEIRS, 'waiting for another run to prepare it'],
    [CLEAN, 'waiting for another run to publish it'],
    ['handed-over 99', 'waiting for the steps that sanitise it'],
    ['failed', 'fail left-half-prepared'],
    [ENDED, 'fail left-half-prepared'],
  ])('%s', (sanitised, step) => {
    expect(inAWord(stepOf({ sanitised, order, ...PROVEN }))).toBe(step)
  })
})

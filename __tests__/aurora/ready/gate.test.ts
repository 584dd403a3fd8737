import { describe, expect, test } from '@jest/globals'
import {
  type Gate,
  demandAgeMs,
  gateOf,
  isMadeBy,
  isUnderWay,
  leavingDemandAgeMs,
} from '../../../src/aurora/ready/gate.ts'
import {
  FRESH_MEMORY,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
} from '../../../src/aurora/ready/plan.ts'
import type { Demand } from '../../../src/demand.ts'
import {
  CLONE,
  CLONE_RESOURCE_ID,
  MINUTE,
  NOW_MS,
  SECOND,
  aCluster,
  anIdentity,
  anInstance,
  newTags,
  ownedCloneOf,
} from '../../factories.ts'

const WANTED: Demand = { kind: 'wanted' }
const CLOSED: Demand = { kind: 'unwanted', reason: 'pull-request-closed' }
const UNKNOWN: Demand = { kind: 'unknown', because: 'HTTP 502' }

/** A step of each kind. */
const STEPS: { readonly [Kind in ReadyStep['kind']]: Extract<ReadyStep, { kind: Kind }> } = {
  restore: { kind: 'restore' },
  'create-writer': { kind: 'create-writer' },
  start: { kind: 'start' },
  replace: { kind: 'replace', reason: 'failed', detail: 'cluster cloning-failed, writer not there yet' },
  'move-on': { kind: 'move-on' },
  wait: { kind: 'wait', waitingFor: 'waiting for the clone to start' },
  'look-again': { kind: 'look-again' },
  settled: { kind: 'settled' },
  fail: { kind: 'fail', why: 'no-clone', detail: 'no cluster' },
}
type Kind = keyof typeof STEPS
const KINDS = Object.values(STEPS).map(({ kind }) => kind)

function aMemory(overrides: Partial<ReadyMemory> = {}): ReadyMemory {
  return { ...FRESH_MEMORY, ...overrides }
}

/** A run that waits looks at a clone that was there, and has not done anything yet. */
function aView(overrides: Partial<ReadyView> = {}): ReadyView {
  return {
    cluster: aCluster({ status: 'creating' }),
    instances: [anInstance({ status: 'creating' })],
    identity: anIdentity(),
    identifier: CLONE,
    fromThisSource: true,
    hasOtherShape: false,
    mayRestore: true,
    waitUntilReady: true,
    preparer: 'a1',
    sanitisingDigest: undefined,
    awsNowMs: NOW_MS,
    memory: aMemory(),
    nowMs: NOW_MS,
    ...overrides,
  }
}

/** The step is waiting; the pull request wants the clone. */
function gateBeforeWait(overrides: Partial<ReadyView> = {}): Gate {
  return gateOf(STEPS.wait, WANTED, aView(overrides))
}

test.each<[Kind, number]>([
  ['restore', 5 * SECOND],
  ['create-writer', 5 * SECOND],
  ['start', 5 * SECOND],
  ['replace', 5 * SECOND],
  ['settled', 5 * SECOND],
  ['fail', 5 * SECOND],
  ['wait', MINUTE],
  ['look-again', MINUTE],
  ['move-on', 5 * SECOND],
])('before %s a look at the pull request may be %d ms old', (kind, ageMs) => {
  expect(demandAgeMs(STEPS[kind])).toBe(ageMs)
})

describe('a pull request that does not want the clone', () => {
  test.each(KINDS)('stops the run before %s', (kind) => {
    expect(gateOf(STEPS[kind], CLOSED, aView())).toEqual({
      kind: 'unwanted',
      reason: 'pull-request-closed',
    })
  })

  test('gives its reason on', () => {
    const demand: Demand = { kind: 'unwanted', reason: 'label-missing' }
    expect(gateOf(STEPS.wait, demand, aView())).toEqual(demand)
  })

  test.each<[string, Partial<ReadyMemory>, Gate['kind']]>([
    ['a restore of this moment, not shown', { restoredAtMs: NOW_MS }, 'unwanted-hidden'],
    [
      'a restore of almost two minutes ago, not shown',
      { restoredAtMs: NOW_MS - 2 * MINUTE + 1 },
      'unwanted-hidden',
    ],
    ['a restore of two minutes ago, not shown', { restoredAtMs: NOW_MS - 2 * MINUTE }, 'unwanted'],
    ['a restore that AWS has shown', { restoredAtMs: NOW_MS, shown: true }, 'unwanted'],
    ['no restore', {}, 'unwanted'],
  ])('%s', (_, memory, kind) => {
    for (const cluster of [undefined, aCluster({ status: 'creating' })])
      for (const step of Object.values(STEPS))
        expect(gateOf(step, CLOSED, aView({ cluster, memory: aMemory(memory) })).kind).toBe(kind)
  })
})

describe('a pull request that cannot be read', () => {
  test.each<Kind>(['restore', 'create-writer', 'start', 'replace'])('allows no %s', (kind) => {
    expect(gateOf(STEPS[kind], UNKNOWN, aView())).toEqual({ kind: 'undecided', because: 'HTTP 502' })
  })

  test.each<Kind>(['wait', 'look-again', 'move-on', 'settled', 'fail'])(
    'does not stop %s, and renews nothing',
    (kind) => {
      expect(gateOf(STEPS[kind], UNKNOWN, aView())).toEqual({ kind: 'open' })
    },
  )
})

describe('a pull request that wants the clone', () => {
  test.each<Kind>(['wait', 'start', 'create-writer'])('has its tags renewed before %s', (kind) => {
    const cluster = aCluster({ status: 'creating' })
    expect(gateOf(STEPS[kind], WANTED, aView({ cluster }))).toEqual({
      kind: 'renew',
      clone: ownedCloneOf(cluster),
    })
  })

  test.each<Kind>(['restore', 'replace', 'move-on', 'look-again', 'settled', 'fail'])(
    'opens the way to %s',
    (kind) => {
      expect(gateOf(STEPS[kind], WANTED, aView())).toEqual({ kind: 'open' })
    },
  )

  test.each<[string, Partial<ReadyView>]>([
    ['there is no clone', { cluster: undefined }],
    ['the run does not wait', { waitUntilReady: false }],
    ['this run has renewed them', { memory: aMemory({ renewedResourceId: CLONE_RESOURCE_ID }) }],
    [
      'this run has made the clone',
      { memory: aMemory({ restoreTimes: ['2026-11-21T09:59:58.000Z', '2026-11-21T08:30:00.000Z'] }) },
    ],
    ['the cluster is somebody else’s', { cluster: aCluster({ tags: { Team: 'payments' } }) }],
    ['the clone is not the one that is asked for', { identity: anIdentity({ key: 'pr-43' }) }],
  ])('renews nothing where %s', (_, view) => {
    expect(gateBeforeWait(view)).toEqual({ kind: 'open' })
  })

  test.each<[string, Partial<ReadyMemory>]>([
    ['it renewed another clone', { renewedResourceId: 'cluster-FORMER' }],
    ['it removed another clone', { removed: ['cluster-FORMER'] }],
    ['it made another clone', { restoreTimes: ['2026-11-21T09:59:58.000Z'] }],
  ])('renews them although %s', (_, memory) => {
    expect(gateBeforeWait({ memory: aMemory(memory) }).kind).toBe('renew')
  })
})

describe('a run has made a clone', () => {
  const clone = ownedCloneOf(aCluster({ tags: newTags() }))
  test.each<[string, readonly string[], boolean]>([
    ['whose tag has the time of its restore', ['2026-11-21T09:55:00.000Z'], true],
    [
      'whose tag has the time of one of its tries',
      ['2026-11-21T09:54:58.000Z', '2026-11-21T09:55:00.000Z'],
      true,
    ],
    ['not where its tag has another time', ['2026-11-21T09:54:58.000Z'], false],
    ['not where it restored nothing', [], false],
  ])('%s', (_, restoreTimes, is) => {
    expect(isMadeBy({ restoreTimes }, clone)).toBe(is)
  })

  test('not one without a time', () => {
    const untagged = ownedCloneOf(aCluster({ tags: undefined }))
    expect(isMadeBy({ restoreTimes: ['2026-11-21T09:55:00.000Z'] }, untagged)).toBe(false)
  })
})

test.each<[string, Partial<ReadyView>, boolean]>([
  ['a clone that is being created', {}, true],
  ['a clone without a writer', { instances: [] }, true],
  ['a clone that is ready', { cluster: aCluster(), instances: [anInstance()] }, true],
  ['no clone', { cluster: undefined, instances: [] }, false],
  ['a former writer that is being deleted', { instances: [anInstance({ status: 'deleting' })] }, false],
  [
    'another instance that is being deleted',
    { instances: [anInstance({ identifier: 'clone-reader', status: 'deleting' }), anInstance()] },
    true,
  ],
])('%s: AWS finishes by itself', (_, view, is) => {
  expect(isUnderWay(aView(view))).toBe(is)
})

test.each<[string, number | undefined, number]>([
  ['nothing was restored: a minute', undefined, MINUTE],
  ['restored three seconds ago: no older than that', NOW_MS - 3 * SECOND, 3 * SECOND],
  ['restored at this moment: of this moment', NOW_MS, 0],
])('how old the look at the pull request may be when a run leaves; %s', (_, restoredAtMs, ageMs) => {
  expect(leavingDemandAgeMs(aView({ memory: aMemory({ restoredAtMs }) }))).toBe(ageMs)
})

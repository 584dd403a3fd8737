import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  FRESH_MEMORY,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
  planReady,
  remember,
} from '../../../src/aurora/ready/plan.ts'
import {
  AVAILABLE_MEMBER,
  CLONE,
  MINUTE,
  NOW_MS,
  SECOND,
  aCluster,
  anIdentity,
  anInstance,
  anOwnedClone,
  newTags,
  someTags,
  unpublishedTags,
} from '../../factories.ts'

function aMemory(overrides: Partial<ReadyMemory> = {}): ReadyMemory {
  return { ...FRESH_MEMORY, ...overrides }
}

/** A `create` that looks at a ready clone, made from the right source. */
function aView(overrides: Partial<ReadyView> = {}): ReadyView {
  return {
    cluster: aCluster(),
    instances: [anInstance()],
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

const UNPUBLISHED = unpublishedTags()
const JUST_ASKED_FOR = newTags()
const waiting = (waitingFor: string): ReadyStep => ({ kind: 'wait', waitingFor })
const NOBODY = { cluster: undefined, instances: [] } as const

interface Case {
  readonly title: string
  readonly view: Partial<ReadyView>
  readonly step: ReadyStep
}

describe('no cluster', () => {
  test.each<Case>([
    { title: 'create: restore', view: {}, step: { kind: 'restore' } },
    {
      title: 'wait: fail, there is no clone',
      view: { mayRestore: false },
      step: { kind: 'fail', why: 'no-clone', detail: 'no cluster' },
    },
    {
      title: 'right after our own restore: AWS is behind',
      view: { memory: aMemory({ restores: 1, restoredAtMs: NOW_MS - SECOND }) },
      step: waiting('waiting for AWS to show the new cluster'),
    },
    {
      title: 'a moment before two minutes: AWS is still behind',
      view: { memory: aMemory({ restores: 1, restoredAtMs: NOW_MS - 2 * MINUTE + 1 }) },
      step: waiting('waiting for AWS to show the new cluster'),
    },
    {
      title: 'two minutes after our own restore: it is gone, restore again',
      view: { memory: aMemory({ restores: 1, restoredAtMs: NOW_MS - 2 * MINUTE }) },
      step: { kind: 'restore' },
    },
    {
      title: 'gone again after two restores: somebody deletes it',
      view: { memory: aMemory({ restores: 2, restoredAtMs: NOW_MS - 5 * MINUTE }) },
      step: { kind: 'fail', why: 'vanished', detail: 'made 2 times' },
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView({ ...NOBODY, ...view }))).toEqual(step)
  })
})

describe('cluster exists, not owned: fail, touch nothing', () => {
  const because = 'it does not have the ownership tags of this action'
  test.each<[string, string]>([
    ['available', because],
    ['deleting', because],
    ['stopped', because],
    ['cloning-failed', because],
    ['creating', because],
  ])('%s', (status, detail) => {
    expect(planReady(aView({ cluster: aCluster({ tags: {}, status }) }))).toEqual({
      kind: 'fail',
      why: 'not-owned',
      detail,
    })
  })

  test('tags that AWS did not show are not ours', () => {
    expect(planReady(aView({ cluster: aCluster({ tags: undefined }) }))).toEqual({
      kind: 'fail',
      why: 'not-owned',
      detail: 'its tags could not be read',
    })
  })

  test('tags that do not say when it was made are not ours', () => {
    const cluster = aCluster({ tags: unpublishedTags({ 'aurora-clone:created-at': 'yesterday' }) })
    expect(planReady(aView({ cluster }))).toEqual({
      kind: 'fail',
      why: 'not-owned',
      detail: 'AWS did not make it at the time in its tag aurora-clone:created-at',
    })
  })

  test.each([{ repositoryId: '9' }, { server: 'ghe.acme.example' }, { key: 'pr-43' }, { name: 'billing' }])(
    'a clone, but not the one that is asked for: %j',
    (of) => {
      const { cluster } = anOwnedClone(of)
      expect(planReady(aView({ cluster }))).toEqual({
        kind: 'fail',
        why: 'not-owned',
        detail: 'its tags name another clone',
      })
    },
  )
})

describe('owned, but made from another source: fail', () => {
  test.each(['available', 'creating', 'stopped', 'cloning-failed', 'failed'])('%s', (status) => {
    const cluster = aCluster({ status, tags: someTags({ 'aurora-clone:source': 'billing' }) })
    expect(planReady(aView({ cluster, fromThisSource: false }))).toEqual({
      kind: 'fail',
      why: 'other-source',
      detail: 'billing',
    })
  })

  test('a source that no tag names is said to be unknown', () => {
    const cluster = aCluster({ tags: someTags({ 'aurora-clone:source': undefined }) })
    expect(planReady(aView({ cluster, fromThisSource: false }))).toMatchObject({ detail: 'unknown' })
  })
})

describe('failed for good and never ready yet', () => {
  const cluster = aCluster({ status: 'cloning-failed', tags: UNPUBLISHED })
  test.each<Case>([
    {
      title: 'create: delete it, to restore it',
      view: { cluster, instances: [] },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster cloning-failed, writer not there yet',
      },
    },
    {
      title: 'create: a failed writer counts as well',
      view: {
        cluster: aCluster({ tags: UNPUBLISHED }),
        instances: [anInstance({ status: 'incompatible-restore' })],
      },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster available, writer incompatible-restore',
      },
    },
    {
      title: 'a second time: fail',
      view: {
        cluster,
        instances: [],
        memory: aMemory({ removed: ['cluster-REMOVEDBEFORE'], restores: 1 }),
      },
      step: { kind: 'fail', why: 'failed-again', detail: 'cluster cloning-failed, writer not there yet' },
    },
    {
      title: 'wait: fail, only create replaces it',
      view: { cluster, instances: [], mayRestore: false },
      step: {
        kind: 'fail',
        why: 'failed-before-ready',
        detail: 'cluster cloning-failed, writer not there yet',
      },
    },
    {
      title: 'made by this run, and failed by what was asked for: fail at once',
      view: {
        cluster: aCluster({ status: 'incompatible-network', tags: JUST_ASKED_FOR }),
        memory: aMemory({ restores: 1 }),
      },
      step: {
        kind: 'fail',
        why: 'misfit-network',
        detail: 'cluster incompatible-network, writer available',
      },
    },
    {
      title: 'made by an earlier run, and failed by what that run asked for: replace it',
      view: { cluster: aCluster({ status: 'incompatible-network', tags: JUST_ASKED_FOR }) },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster incompatible-network, writer available',
      },
    },
    {
      title: 'made by this run, and failed by no configuration: replace it',
      view: { cluster, instances: [], memory: aMemory({ restores: 1 }) },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster cloning-failed, writer not there yet',
      },
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView(view))).toEqual(step)
  })
})

describe('failed without ever having been said to be ready: only what nobody can have used is removed', () => {
  const replaced = (detail: string) => ({ kind: 'replace', reason: 'failed', detail }) as const
  const HANDED_OUT = { 'aurora-clone:handed-out-at': '2026-11-21T09:00:00.000Z' }

  test.each<[string, Partial<ReadyView>, string]>([
    [
      'cluster',
      { cluster: aCluster({ status: 'storage-failure', tags: UNPUBLISHED }) },
      'cluster storage-failure, writer available',
    ],
    [
      'writer',
      { cluster: aCluster({ tags: UNPUBLISHED }), instances: [anInstance({ status: 'storage-full' })] },
      'cluster available, writer storage-full',
    ],
  ])('a %s that failed later: only if no run has given out its endpoint', (_, view, detail) => {
    expect(planReady(aView(view))).toEqual(replaced(detail))
    const cluster = aCluster({ ...view.cluster, tags: unpublishedTags(HANDED_OUT) })
    expect(planReady(aView({ ...view, cluster }))).toEqual({
      kind: 'fail',
      why: 'failed-after-ready',
      detail,
    })
  })

  test.each(['cloning-failed', 'restore-failed', 'incompatible-restore'])(
    'a cluster that was never born (%s) is removed in any case',
    (status) => {
      for (const tags of [unpublishedTags(), unpublishedTags(HANDED_OUT)])
        expect(planReady(aView({ cluster: aCluster({ status, tags }), instances: [] }))).toEqual(
          replaced(`cluster ${status}, writer not there yet`),
        )
    },
  )

  test.each(['incompatible-create', 'incompatible-restore', 'restore-error'])(
    'a writer that was never born (%s) is removed, unless an earlier one may have been in use',
    (status) => {
      const plan = (tags: Record<string, string>) =>
        planReady(aView({ cluster: aCluster({ tags }), instances: [anInstance({ status })] }))
      expect(plan(unpublishedTags())).toEqual(replaced(`cluster available, writer ${status}`))
      expect(plan(unpublishedTags(HANDED_OUT))).toMatchObject({ why: 'failed-after-ready' })
    },
  )

  test.each(['cloning-failed', 'storage-failure'])(
    'but never one that was said to be ready (%s)',
    (status) => {
      const tags = newTags({ 'aurora-clone:ready-at': '2026-11-21T09:59:00.000Z' })
      expect(planReady(aView({ cluster: aCluster({ status, tags }) }))).toMatchObject({
        why: 'failed-after-ready',
      })
    },
  )

  test('wait names it as a clone that create replaces', () => {
    const cluster = aCluster({ status: 'storage-failure', tags: UNPUBLISHED })
    expect(planReady(aView({ cluster, mayRestore: false }))).toMatchObject({ why: 'failed-before-ready' })
  })
})

describe('failed later in its life: fail, it may hold somebody’s work', () => {
  test.each([true, false])('create or wait (may restore: %s)', (mayRestore) => {
    const cluster = aCluster({ status: 'inaccessible-encryption-credentials' })
    expect(planReady(aView({ cluster, mayRestore }))).toEqual({
      kind: 'fail',
      why: 'failed-after-ready',
      detail: 'cluster inaccessible-encryption-credentials, writer available',
    })
  })

  test('also when this very run would be allowed to replace it', () => {
    const cluster = aCluster({ status: 'storage-failure' })
    expect(planReady(aView({ cluster, memory: aMemory({ restores: 1 }) }))).toMatchObject({
      why: 'failed-after-ready',
    })
  })

  test('a writer whose storage is full is not replaced either', () => {
    expect(planReady(aView({ instances: [anInstance({ status: 'storage-full' })] }))).toEqual({
      kind: 'fail',
      why: 'failed-after-ready',
      detail: 'cluster available, writer storage-full',
    })
  })
})

describe('incompatible parameters of a Serverless v2 writer may heal (out of memory)', () => {
  const instances = [anInstance({ status: 'incompatible-parameters' })]
  const cluster = aCluster({ tags: JUST_ASKED_FOR })
  test.each<Case>([
    {
      title: 'just seen: wait',
      view: { cluster, instances },
      step: waiting('waiting for status "incompatible-parameters" to end'),
    },
    {
      title: 'for almost three minutes: wait',
      view: { cluster, instances, memory: aMemory({ unhealthySinceMs: NOW_MS - 3 * MINUTE + 1 }) },
      step: waiting('waiting for status "incompatible-parameters" to end'),
    },
    {
      title: 'for three minutes: replace what an earlier run made',
      view: { cluster, instances, memory: aMemory({ unhealthySinceMs: NOW_MS - 3 * MINUTE }) },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster available, writer incompatible-parameters',
      },
    },
    {
      title: 'for three minutes: what this run made would fail again',
      view: { cluster, instances, memory: aMemory({ unhealthySinceMs: NOW_MS - 3 * MINUTE, restores: 1 }) },
      step: {
        kind: 'fail',
        why: 'misfit-parameters',
        detail: 'cluster available, writer incompatible-parameters',
      },
    },
    {
      title: 'so do those that nobody said were ready, and are older than an hour',
      view: { cluster: aCluster({ tags: UNPUBLISHED }), instances },
      step: waiting('waiting for status "incompatible-parameters" to end'),
    },
    {
      title: 'published clones get the same time',
      view: { instances },
      step: waiting('waiting for status "incompatible-parameters" to end'),
    },
    {
      title: 'and then fail untouched',
      view: { instances, memory: aMemory({ unhealthySinceMs: NOW_MS - 3 * MINUTE }) },
      step: {
        kind: 'fail',
        why: 'failed-after-ready',
        detail: 'cluster available, writer incompatible-parameters',
      },
    },
    {
      title: 'a provisioned writer does not heal',
      view: {
        cluster,
        instances: [anInstance({ status: 'incompatible-parameters', instanceClass: 'db.r6g.large' })],
      },
      step: {
        kind: 'replace',
        reason: 'failed',
        detail: 'cluster available, writer incompatible-parameters',
      },
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView(view))).toEqual(step)
  })
})

describe('stopped', () => {
  const cluster = aCluster({ status: 'stopped' })
  const instances = [anInstance({ status: 'stopped' })]
  test.each<Case>([
    { title: 'start', view: { cluster, instances }, step: { kind: 'start' } },
    {
      title: 'asked to start a moment ago: wait',
      view: { cluster, instances, memory: aMemory({ startedAtMs: NOW_MS - 2 * MINUTE + 1 }) },
      step: waiting('waiting for the clone to start'),
    },
    {
      title: 'asked two minutes ago and still stopped: start again',
      view: { cluster, instances, memory: aMemory({ startedAtMs: NOW_MS - 2 * MINUTE }) },
      step: { kind: 'start' },
    },
    { title: 'wait starts it too', view: { cluster, instances, mayRestore: false }, step: { kind: 'start' } },
    {
      title: 'starting: wait',
      view: { cluster: aCluster({ status: 'starting' }), instances },
      step: waiting('cluster starting, writer stopped'),
    },
    {
      title: 'stopping: wait until it can be started',
      view: { cluster: aCluster({ status: 'stopping' }) },
      step: waiting('cluster stopping, writer available'),
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView(view))).toEqual(step)
  })
})

describe('begun with other inputs that only a new cluster can change', () => {
  interface Begun {
    readonly cluster?: Partial<ClusterSnapshot>
    readonly view?: Partial<ReadyView>
  }
  const REPLACE = {
    kind: 'replace',
    reason: 'other-inputs',
    detail: 'cluster available, writer not there yet',
  } as const

  test.each<[string, Begun, ReadyStep]>([
    ['made anew', {}, REPLACE],
    ['at any age', { cluster: { tags: UNPUBLISHED } }, REPLACE],
    ['with the same inputs: not', { view: { hasOtherShape: false } }, { kind: 'create-writer' }],
    ['by wait: not', { view: { mayRestore: false } }, { kind: 'create-writer' }],
    [
      'one that was ready: not',
      { cluster: { tags: newTags({ 'aurora-clone:ready-at': '2026-11-21T09:59:00.000Z' }) } },
      { kind: 'create-writer' },
    ],
    [
      'one whose endpoint was given out: not',
      { cluster: { tags: newTags({ 'aurora-clone:handed-out-at': '2026-11-21T09:59:00.000Z' }) } },
      { kind: 'create-writer' },
    ],
    ['one with an instance: not', { view: { instances: [anInstance()] } }, { kind: 'settled' }],
    ['one that lists a member: not', { cluster: { members: [AVAILABLE_MEMBER] } }, { kind: 'create-writer' }],
    [
      'one that this run could not remove: not',
      { view: { memory: aMemory({ keptResourceId: aCluster().resourceId }) } },
      { kind: 'create-writer' },
    ],
    [
      'one whose writer may be hidden: not yet',
      { view: { memory: aMemory({ writerRequestedAtMs: NOW_MS }) } },
      waiting('waiting for AWS to show the writer'),
    ],
  ])('%s', (_, { cluster, view }, step) => {
    const begun = aCluster({ members: [], tags: JUST_ASKED_FOR, ...cluster })
    const instances = view?.instances ?? []
    const members = instances.length === 0 ? begun.members : [AVAILABLE_MEMBER]
    expect(
      planReady(aView({ hasOtherShape: true, ...view, cluster: { ...begun, members }, instances })),
    ).toEqual(step)
  })
})

describe('a clone that is to be prepared, and a run without the inputs for that: refused, and never replaced', () => {
  const ENDED = `begun 0a ${new Date(NOW_MS - 10 * MINUTE).toISOString()}`
  test.each<[string, string, Partial<ReadyView>]>([
    ['pending', 'pending', {}],
    ['pending, without a writer, made with other inputs', 'pending', { instances: [], hasOtherShape: true }],
    ['begun by a run that ended', ENDED, {}],
    ['failed', 'failed', {}],
    ['clean, and not published', 'clean-0a', {}],
  ])('%s', (_, sanitised, view) => {
    const members = view.instances === undefined ? {} : { members: [] }
    const cluster = aCluster({ tags: { ...UNPUBLISHED, 'aurora-clone:sanitised': sanitised }, ...members })
    expect(planReady(aView({ cluster, ...view }))).toMatchObject({ kind: 'fail', why: 'needs-preparation' })
  })

  test('but one that is published stays as it is', () => {
    const cluster = aCluster({ tags: { ...someTags(), 'aurora-clone:sanitised': 'clean-0a' } })
    expect(planReady(aView({ cluster }))).toEqual({ kind: 'settled' })
  })
})

describe('a cluster that is being deleted', () => {
  const removed = [aCluster().resourceId]
  test.each<[string, Partial<ReadyView>]>([
    ['by anybody', { cluster: aCluster({ status: 'deleting' }) }],
    ['while this run only waits', { cluster: aCluster({ status: 'deleting' }), mayRestore: false }],
    ['by this run, and AWS still shows the old state', { memory: aMemory({ removed }) }],
    ['from another source', { cluster: aCluster({ status: 'deleting' }), fromThisSource: false }],
  ])('%s: another incarnation takes its place', (_, view) => {
    expect(planReady(aView(view))).toEqual({ kind: 'move-on' })
  })
})

describe('no instance: create the writer at once', () => {
  test.each<Case>([
    {
      title: 'while the cluster is still creating',
      view: { cluster: aCluster({ status: 'creating', members: [], tags: UNPUBLISHED }) },
      step: { kind: 'create-writer' },
    },
    {
      title: 'when it is available',
      view: { cluster: aCluster({ members: [], tags: UNPUBLISHED }) },
      step: { kind: 'create-writer' },
    },
    {
      title: 'in mode wait as well',
      view: { cluster: aCluster({ members: [], tags: UNPUBLISHED }), mayRestore: false },
      step: { kind: 'create-writer' },
    },
    {
      title: 'a published clone that lost its writer gets one',
      view: { cluster: aCluster({ members: [] }) },
      step: { kind: 'create-writer' },
    },
    {
      title: 'refused while creating: wait for the cluster',
      view: {
        cluster: aCluster({ status: 'creating', members: [], tags: UNPUBLISHED }),
        memory: aMemory({ writerRefused: true }),
      },
      step: waiting('waiting for the cluster to take its writer (cluster creating)'),
    },
    {
      title: 'refused, and available now: again',
      view: {
        cluster: aCluster({ members: [], tags: UNPUBLISHED }),
        memory: aMemory({ writerRefused: true }),
      },
      step: { kind: 'create-writer' },
    },
    {
      title: 'accepted a moment ago: AWS is behind',
      view: {
        cluster: aCluster({ members: [], tags: UNPUBLISHED }),
        memory: aMemory({ writerRequestedAtMs: NOW_MS - 2 * MINUTE + 1 }),
      },
      step: waiting('waiting for AWS to show the writer'),
    },
    {
      title: 'accepted two minutes ago and not there: again',
      view: {
        cluster: aCluster({ members: [], tags: UNPUBLISHED }),
        memory: aMemory({ writerRequestedAtMs: NOW_MS - 2 * MINUTE }),
      },
      step: { kind: 'create-writer' },
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView({ instances: [], ...view }))).toEqual(step)
  })
})

describe('anything transient or unknown: wait', () => {
  test.each<[string, string]>([
    ['creating', 'available'],
    ['backing-up', 'available'],
    ['modifying', 'available'],
    ['upgrading', 'available'],
    ['maintenance', 'available'],
    ['quantum-defragmenting', 'available'],
    ['available', 'creating'],
    ['available', 'configuring-enhanced-monitoring'],
    ['available', 'rebooting'],
    ['available', 'deleting'],
    ['available', 'never-heard-of'],
  ])('cluster %s, writer %s', (status, writerStatus) => {
    const view = aView({ cluster: aCluster({ status }), instances: [anInstance({ status: writerStatus })] })
    expect(planReady(view)).toEqual(waiting(`cluster ${status}, writer ${writerStatus}`))
  })
})

describe('cluster and writer available', () => {
  const unpublished = aCluster({ tags: UNPUBLISHED })
  test.each<Case>([
    { title: 'at the first look: settled', view: {}, step: { kind: 'settled' } },
    {
      title: 'a new clone with nothing pending: settled',
      view: { cluster: unpublished },
      step: { kind: 'settled' },
    },
    {
      title: 'this run saw it unready: a second look',
      view: { cluster: unpublished, memory: aMemory({ sawUnready: true, readyLooks: 1 }) },
      step: { kind: 'look-again' },
    },
    {
      title: 'and ready at the second look: settled',
      view: { cluster: unpublished, memory: aMemory({ sawUnready: true, readyLooks: 2 }) },
      step: { kind: 'settled' },
    },
    {
      title: 'the cluster has pending changes: wait',
      view: { cluster: aCluster({ tags: UNPUBLISHED, hasPendingChanges: true }) },
      step: waiting('waiting for pending changes to be applied'),
    },
    {
      title: 'the writer has pending changes: wait',
      view: { cluster: unpublished, instances: [anInstance({ hasPendingChanges: true })] },
      step: waiting('waiting for pending changes to be applied'),
    },
    {
      title: 'the cluster does not list its writer yet: wait',
      view: { cluster: aCluster({ tags: UNPUBLISHED, members: [] }) },
      step: waiting('waiting for the cluster to list its writer'),
    },
    {
      title: 'the cluster parameter group is being applied: wait',
      view: {
        cluster: aCluster({
          tags: UNPUBLISHED,
          members: [{ ...AVAILABLE_MEMBER, parameterGroupStatus: 'applying' }],
        }),
      },
      step: waiting('waiting for the cluster parameter group to be applied'),
    },
    {
      title: 'a published clone is not held up by somebody’s pending change',
      view: { cluster: aCluster({ hasPendingChanges: true }) },
      step: { kind: 'settled' },
    },
  ])('$title', ({ view, step }) => {
    expect(planReady(aView(view))).toEqual(step)
  })
})

describe('remember', () => {
  const ready = { cluster: aCluster(), instances: [anInstance()] }
  const unready = { cluster: aCluster({ status: 'creating' }), instances: [anInstance()] }

  test('a ready look is counted and changes nothing else', () => {
    expect(remember(FRESH_MEMORY, ready, NOW_MS)).toEqual({ ...FRESH_MEMORY, readyLooks: 1 })
  })

  test('ready looks add up', () => {
    expect(remember(aMemory({ readyLooks: 1 }), ready, NOW_MS).readyLooks).toBe(2)
  })

  test('an unready look starts the count again and is remembered', () => {
    expect(remember(aMemory({ readyLooks: 1 }), unready, NOW_MS)).toEqual({
      ...FRESH_MEMORY,
      sawUnready: true,
      readyLooks: 0,
    })
  })

  test('that it was unready once stays', () => {
    expect(remember(aMemory({ sawUnready: true }), ready, NOW_MS).sawUnready).toBe(true)
  })

  test.each([
    ['no cluster', { cluster: undefined, instances: [] }],
    ['no writer', { cluster: aCluster(), instances: [] }],
    [
      'a writer that is not available',
      { cluster: aCluster(), instances: [anInstance({ status: 'creating' })] },
    ],
  ] as const)('%s is not ready', (_, look) => {
    const memory = remember(FRESH_MEMORY, look, NOW_MS)
    expect([memory.sawUnready, memory.readyLooks]).toEqual([true, 0])
  })

  test.each([
    ['the writer', { cluster: aCluster(), instances: [anInstance({ status: 'incompatible-parameters' })] }],
    ['the cluster', { cluster: aCluster({ status: 'incompatible-parameters' }), instances: [anInstance()] }],
  ] as const)('the time since which %s is unhealthy is kept', (_, look) => {
    const first = remember(FRESH_MEMORY, look, NOW_MS)
    expect(first.unhealthySinceMs).toBe(NOW_MS)
    expect(remember(first, look, NOW_MS + MINUTE).unhealthySinceMs).toBe(NOW_MS)
  })

  test('healed is healed', () => {
    expect(remember(aMemory({ unhealthySinceMs: NOW_MS }), ready, NOW_MS).unhealthySinceMs).toBeUndefined()
  })
})

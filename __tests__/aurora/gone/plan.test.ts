import { describe, expect, test } from '@jest/globals'
import { type GoneStep, type GoneView, planGone } from '../../../src/aurora/gone/plan.ts'
import { MINUTE, NOW_MS, aCluster, ownedCloneOf } from '../../factories.ts'

const CLONE = ownedCloneOf(aCluster())
const NOT_OWNED = { allowed: false, kind: 'not-owned', because: 'it is the source cluster itself' } as const
const HELD = {
  allowed: false,
  kind: 'held',
  because: 'its tag aurora-clone:hold is "true"',
  clone: CLONE,
} as const
const PROTECTED = {
  allowed: false,
  kind: 'protected',
  because: 'deletion protection is on',
  clone: CLONE,
} as const
const FRESH = { requested: false, startedAtMs: undefined } as const

function aView(overrides: Partial<GoneView> = {}): GoneView {
  return {
    cluster: aCluster(),
    verdict: { allowed: true, clone: CLONE },
    memory: FRESH,
    waitUntilGone: false,
    nowMs: NOW_MS,
    ...overrides,
  }
}

interface Case {
  readonly title: string
  readonly view: Partial<GoneView>
  readonly step: GoneStep
}

const DELETE: GoneStep = { kind: 'delete' }

test.each<Case>([
  {
    title: 'no cluster: settled',
    view: { cluster: undefined, verdict: undefined },
    step: { kind: 'settled', how: 'gone' },
  },
  {
    title: 'not owned, or the source itself: refuse',
    view: { verdict: NOT_OWNED },
    step: { kind: 'refuse', verdict: NOT_OWNED },
  },
  { title: 'held: refuse', view: { verdict: HELD }, step: { kind: 'refuse', verdict: HELD } },
  {
    title: 'deletion protection on: refuse',
    view: { verdict: PROTECTED },
    step: { kind: 'refuse', verdict: PROTECTED },
  },
  {
    title: 'cannot be judged: refuse',
    view: { verdict: undefined },
    step: {
      kind: 'refuse',
      verdict: { allowed: false, kind: 'not-owned', because: 'it could not be judged' },
    },
  },
  {
    title: 'not owned and stopped: refuse, do not start it',
    view: { cluster: aCluster({ status: 'stopped' }), verdict: NOT_OWNED },
    step: { kind: 'refuse', verdict: NOT_OWNED },
  },
  {
    title: 'held and stopped: refuse, do not start it',
    view: { cluster: aCluster({ status: 'stopped' }), verdict: HELD },
    step: { kind: 'refuse', verdict: HELD },
  },
  {
    title: 'stopped: delete, which begins with a start',
    view: { cluster: aCluster({ status: 'stopped' }) },
    step: DELETE,
  },
  {
    title: 'stopped, asked to start a moment ago: wait',
    view: {
      cluster: aCluster({ status: 'stopped' }),
      memory: { requested: false, startedAtMs: NOW_MS - 2 * MINUTE + 1 },
    },
    step: { kind: 'wait', waitingFor: 'waiting for the clone to start' },
  },
  {
    title: 'stopped, asked to start two minutes ago: again',
    view: {
      cluster: aCluster({ status: 'stopped' }),
      memory: { requested: false, startedAtMs: NOW_MS - 2 * MINUTE },
    },
    step: DELETE,
  },
  {
    title: 'starting: wait',
    view: { cluster: aCluster({ status: 'starting' }) },
    step: { kind: 'wait', waitingFor: 'waiting for the clone to be deletable (cluster starting)' },
  },
  {
    title: 'stopping: wait',
    view: { cluster: aCluster({ status: 'stopping' }) },
    step: { kind: 'wait', waitingFor: 'waiting for the clone to be deletable (cluster stopping)' },
  },
  { title: 'available: delete', view: {}, step: DELETE },
  {
    title: 'creating: request what can be requested',
    view: { cluster: aCluster({ status: 'creating' }) },
    step: DELETE,
  },
  { title: 'failed: delete', view: { cluster: aCluster({ status: 'cloning-failed' }) }, step: DELETE },
  { title: 'modifying: delete', view: { cluster: aCluster({ status: 'modifying' }) }, step: DELETE },
  { title: 'an unknown status: delete', view: { cluster: aCluster({ status: 'novel' }) }, step: DELETE },
  {
    title: 'deleting: no waiting',
    view: { cluster: aCluster({ status: 'deleting' }) },
    step: { kind: 'settled', how: 'deleting' },
  },
  {
    title: 'deleting, wait: stay until it is gone',
    view: { cluster: aCluster({ status: 'deleting' }), waitUntilGone: true },
    step: { kind: 'wait', waitingFor: 'waiting for AWS to finish the deletion' },
  },
  {
    title: 'somebody else’s cluster that is being deleted is no deletion of ours',
    view: { cluster: aCluster({ status: 'deleting' }), verdict: NOT_OWNED },
    step: { kind: 'refuse', verdict: NOT_OWNED },
  },
  {
    title: 'a hold comes too late for a deletion that is under way',
    view: { cluster: aCluster({ status: 'deleting' }), verdict: HELD },
    step: { kind: 'settled', how: 'deleting' },
  },
  {
    title: 'requested, and AWS shows it as before: no waiting',
    view: { memory: { requested: true, startedAtMs: undefined } },
    step: { kind: 'settled', how: 'deleting' },
  },
  {
    title: 'requested, and AWS shows it as before, wait: stay',
    view: { memory: { requested: true, startedAtMs: undefined }, waitUntilGone: true },
    step: { kind: 'wait', waitingFor: 'waiting for AWS to finish the deletion' },
  },
  {
    title: 'requested and gone: settled',
    view: { cluster: undefined, memory: { requested: true, startedAtMs: undefined }, waitUntilGone: true },
    step: { kind: 'settled', how: 'gone' },
  },
])('$title', ({ view, step }) => {
  expect(planGone(aView(view))).toEqual(step)
})

describe('a refusal comes before anything is touched', () => {
  test.each(['available', 'creating', 'stopped', 'starting', 'stopping', 'cloning-failed', 'modifying'])(
    '%s',
    (status) => {
      for (const verdict of [NOT_OWNED, HELD, PROTECTED])
        expect(planGone(aView({ cluster: aCluster({ status }), verdict }))).toEqual({
          kind: 'refuse',
          verdict,
        })
    },
  )
})

import { expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { type Sighting, milestonesAfter } from '../../../src/aurora/clone/milestones.ts'
import { NOW_MS, aCluster, anInstance, newTags, ownedCloneOf, someTags } from '../../factories.ts'

function sight(status: string, writer?: string, overrides: Partial<ClusterSnapshot> = {}): Sighting {
  return {
    clone: ownedCloneOf(aCluster({ status, tags: newTags(), ...overrides })),
    writer: writer === undefined ? undefined : anInstance({ status: writer }),
  }
}

const AT = { nowMs: NOW_MS }
const BEGUN = sight('creating')
const MADE = sight('available', 'creating')
const UP = sight('available', 'available')

test.each<[string, Sighting, Sighting, object]>([
  ['the cluster', BEGUN, MADE, { restored: NOW_MS }],
  ['the writer', MADE, UP, { writer: NOW_MS }],
  ['both at once', BEGUN, UP, { restored: NOW_MS, writer: NOW_MS }],
  ['nothing', BEGUN, sight('creating', 'creating'), {}],
  ['nothing, though the cluster flaps', sight('modifying', 'creating'), MADE, {}],
  ['nothing of what was up before it was stopped', sight('stopped', 'stopped'), UP, {}],
  ['nothing of what was up before it was stopped and started', sight('starting', 'starting'), UP, {}],
  ['nothing of a clone in use', BEGUN, sight('available', 'available', { tags: someTags() }), {}],
  ['nothing of another cluster', BEGUN, sight('available', 'available', { resourceId: 'cluster-2' }), {}],
])('a run that sees it become available knows when: %s', (_, before, now, expected) => {
  expect(milestonesAfter({}, { ...AT, before, now })).toEqual(expected)
})

test('a first look does not know since when', () => {
  expect(milestonesAfter({}, { ...AT, before: undefined, now: UP })).toEqual({})
})

test('without the time, what was known stays', () => {
  const known = { restored: NOW_MS - 1 }
  expect(milestonesAfter(known, { nowMs: undefined, before: MADE, now: UP })).toEqual(known)
})

test('what was known of a clone that was replaced is forgotten', () => {
  const other = sight('creating', undefined, { resourceId: 'cluster-2' })
  expect(milestonesAfter({ restored: NOW_MS }, { ...AT, before: UP, now: other })).toEqual({})
})

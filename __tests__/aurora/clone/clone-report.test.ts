import { expect, test } from '@jest/globals'
import { reportClone } from '../../src/aurora/clone-report.ts'
import { NOW_MS, aCluster, aReport, anInstance, someTags } from '../factories.ts'

const PLACE = { region: 'eu-west-1', nowMs: NOW_MS } as const

test('what users are told of a ready clone', () => {
  expect(reportClone({ cluster: aCluster(), writer: anInstance(), state: 'ready', ...PLACE })).toEqual(
    aReport(),
  )
})

test('before there is a writer, the one that will be', () => {
  const cluster = aCluster({ status: 'creating' })
  expect(reportClone({ cluster, writer: undefined, state: 'creating', ...PLACE })).toMatchObject({
    state: 'creating',
    standing: 'cluster creating, writer not there yet',
    instanceIdentifier: 'clone-pr-42-shop-2deea4d997059a7e-1',
  })
})

test('a writer of another name', () => {
  const writer = anInstance({ identifier: 'promoted-reader' })
  expect(reportClone({ cluster: aCluster(), writer, state: 'ready', ...PLACE }).instanceIdentifier).toBe(
    'promoted-reader',
  )
})

test('a named clone', () => {
  const cluster = aCluster({ tags: someTags({ 'aurora-clone:name': 'billing' }) })
  expect(reportClone({ cluster, writer: undefined, state: 'ready', ...PLACE })).toMatchObject({
    name: 'billing',
    identityHash: '41fd066075631703',
  })
})

test.each([undefined, {}])('of a cluster with tags %j nobody has a comment', (tags) => {
  expect(
    reportClone({ cluster: aCluster({ tags }), writer: undefined, state: 'failed', ...PLACE }),
  ).toMatchObject({
    identityHash: '',
    name: '',
    source: undefined,
    expiresAt: undefined,
    dataAsOf: undefined,
  })
})

test.each([
  ['pr-42', 42],
  ['nightly', undefined],
])('a clone of %s belongs to pull request %s', (key, pullRequest) => {
  const cluster = aCluster({ tags: someTags({ 'aurora-clone:key': key }) })
  expect(reportClone({ cluster, writer: undefined, state: 'ready', ...PLACE })).toMatchObject({ pullRequest })
})

test.each([
  ['clone-db', true],
  ['NONE', false],
  [undefined, false],
])('with the label tag %s, taking a label off ends it: %s', (label, hasLabel) => {
  const cluster = aCluster({ tags: someTags({ 'aurora-clone:label': label }) })
  expect(reportClone({ cluster, writer: undefined, state: 'ready', ...PLACE })).toMatchObject({ hasLabel })
})

test.each([
  ['true', 'true'],
  ['2026-11-21T10:00:01Z', '2026-11-21T10:00:01Z'],
  ['2026-11-21T10:00:00Z', undefined],
  ['false', undefined],
  [undefined, undefined],
])('a hold of %s is told as %s: only while it protects', (tag, hold) => {
  const cluster = aCluster({ tags: someTags({ 'aurora-clone:hold': tag }) })
  expect(reportClone({ cluster, writer: undefined, state: 'ready', ...PLACE }).hold).toBe(hold)
})

test('why it could not be deleted, where that is known', () => {
  const kept = { cluster: aCluster(), writer: undefined, state: 'undeleted', ...PLACE } as const
  const undeleted = { because: 'deletion protection is on', isProtected: true }
  expect(reportClone({ ...kept, undeleted }).undeleted).toEqual(undeleted)
  expect(reportClone(kept).undeleted).toBeUndefined()
})

test('why it was removed, where nobody asked for that', () => {
  const removed = { cluster: aCluster(), writer: undefined, state: 'deleting', ...PLACE } as const
  expect(reportClone({ ...removed, removedBecause: 'expired' }).removedBecause).toBe('expired')
  expect(reportClone(removed).removedBecause).toBeUndefined()
})

import { describe, expect, test } from '@jest/globals'
import { reportClone, reportGone } from '../../../src/aurora/clone/clone-report.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { CloneReport, Fate } from '../../../src/outcome.ts'
import {
  CLONE,
  CLONE_HASH,
  NOW_MS,
  SECOND,
  WRITER,
  aCluster,
  aReport,
  anIdentity,
  anInstance,
  anOwnedClone,
  ownedCloneOf,
  someTags,
} from '../../factories.ts'

interface Told {
  readonly cluster?: Partial<ClusterSnapshot>
  readonly writer?: InstanceSnapshot | undefined
  readonly fate?: Fate
}

function reported({ cluster, writer, fate = { state: 'ready' } }: Told = {}): CloneReport {
  return reportClone(ownedCloneOf(aCluster(cluster)), { writer, fate, region: 'eu-west-1', nowMs: NOW_MS })
}

function tagged(tags: Readonly<Record<string, string | undefined>>): CloneReport {
  return reported({ cluster: { tags: someTags(tags) } })
}

describe('reportClone', () => {
  test('what users are told of a ready clone', () => {
    expect(reported({ writer: anInstance() })).toEqual(aReport())
  })

  test('before there is a writer, the one that will be, with the class that it will have', () => {
    expect(reported({ cluster: { status: 'creating' }, fate: { state: 'creating' } })).toMatchObject({
      state: 'creating',
      standing: 'cluster creating, writer not there yet',
      instanceIdentifier: 'clone-pr-42-shop-2deea4d997059a7e-1',
      instanceClass: 'db.serverless',
    })
  })

  test('a writer of another name and class', () => {
    const writer = anInstance({ identifier: 'promoted-reader', instanceClass: 'db.r7g.large' })
    expect(reported({ writer })).toMatchObject({
      instanceIdentifier: 'promoted-reader',
      instanceClass: 'db.r7g.large',
    })
  })

  test('a class that nobody knows', () => {
    expect(tagged({ 'aurora-clone:instance-class': undefined }).instanceClass).toBeUndefined()
  })

  test('a named clone', () => {
    const place = { writer: undefined, fate: { state: 'ready' }, region: 'eu-west-1', nowMs: NOW_MS } as const
    expect(reportClone(anOwnedClone({ name: 'billing' }), place)).toMatchObject({
      identifier: 'clone-pr-42-shop-billing-41fd066075631703',
      name: 'billing',
      identityHash: '41fd066075631703',
    })
  })

  test.each([
    ['pr-42', 42],
    ['nightly', undefined],
  ])('a clone of %s belongs to pull request %s', (key, pullRequest) => {
    const clone = anOwnedClone({ key })
    expect(
      reportClone(clone, { writer: undefined, fate: { state: 'ready' }, region: 'eu-west-1', nowMs: NOW_MS }),
    ).toMatchObject({ key, pullRequest })
  })

  test.each([
    ['clone-db', true],
    ['NONE', false],
    [undefined, false],
  ])('with the label tag %s, taking a label off ends it: %s', (label, hasLabel) => {
    expect(tagged({ 'aurora-clone:label': label })).toMatchObject({ hasLabel })
  })

  test.each([
    ['2026-11-21T09:00:00.000Z', true],
    [undefined, false],
  ])('with the ready tag %s, it has been handed out: %s', (readyAt, hasBeenReady) => {
    expect(tagged({ 'aurora-clone:ready-at': readyAt })).toMatchObject({ hasBeenReady })
  })

  test.each([
    ['true', Infinity],
    ['2026-11-21T10:00:01Z', NOW_MS + SECOND],
    ['2026-11-21T10:00:00Z', undefined],
    ['false', undefined],
    [undefined, undefined],
  ])('a hold of %s is told as %s: only while it protects', (hold, heldUntilMs) => {
    expect(tagged({ 'aurora-clone:hold': hold }).heldUntilMs).toBe(heldUntilMs)
  })

  test.each([
    ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00.000Z'],
    ['soon', undefined],
    [undefined, undefined],
  ])('the times in the tags are told in one form: %s as %s', (tag, told) => {
    const report = tagged({ 'aurora-clone:expires-at': tag, 'aurora-clone:data-as-of': tag })
    expect([report.expiresAt, report.dataAsOf]).toEqual([told, told])
  })

  test.each<Fate>([
    { state: 'held' },
    { state: 'failed' },
    { state: 'deleting', removalReason: 'expired' },
    { state: 'destroyed', removalReason: undefined },
    { state: 'undeleted', undeleted: { because: 'deletion protection is on', isProtected: true } },
  ])('its fate is told as it is given: $state', (fate) => {
    expect(reported({ writer: anInstance(), fate })).toEqual({ ...aReport(), ...fate })
  })
})

describe('reportGone', () => {
  const GONE = {
    identity: anIdentity({ name: 'billing' }),
    identifier: 'clone-pr-42-shop-billing-41fd066075631703',
    region: 'eu-west-1',
  }
  const NAME = {
    identifier: 'clone-pr-42-shop-billing-41fd066075631703',
    identityHash: '41fd066075631703',
    key: 'pr-42',
    name: 'billing',
    pullRequest: 42,
    region: 'eu-west-1',
    instanceIdentifier: 'clone-pr-42-shop-billing-41fd066075631703-1',
  }

  test('the name that it would have, and nothing else', () => {
    expect(reportGone({ ...GONE, undeletedBecause: undefined })).toEqual({
      ...NAME,
      state: 'destroyed',
      removalReason: undefined,
    })
  })

  test('one that is elsewhere was not deleted', () => {
    expect(reportGone({ ...GONE, undeletedBecause: 'it is in another Region' })).toEqual({
      ...NAME,
      state: 'undeleted',
      undeleted: { because: 'it is in another Region', isProtected: false },
    })
  })

  test('one with a key of its own belongs to no pull request', () => {
    const identity = anIdentity({ key: 'nightly' })
    expect(reportGone({ ...GONE, identity, undeletedBecause: undefined })).toMatchObject({
      key: 'nightly',
      pullRequest: undefined,
    })
  })

  test('the same name as while it was there', () => {
    const gone = reportGone({
      ...GONE,
      identity: anIdentity(),
      identifier: CLONE,
      undeletedBecause: undefined,
    })
    expect(aReport()).toMatchObject({
      identifier: gone.identifier,
      identityHash: gone.identityHash,
      instanceIdentifier: gone.instanceIdentifier,
    })
    expect(gone).toMatchObject({ identityHash: CLONE_HASH, instanceIdentifier: WRITER })
  })
})

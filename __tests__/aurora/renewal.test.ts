import { AddTagsToResourceCommand } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { renewedTags, writeTags } from '../../src/aurora/renewal.ts'
import { CLONE_ARN, DAY, HOUR, NOW_MS, aCluster, someTags, unpublishedTags } from '../factories.ts'
import { aWorld } from '../world.ts'

type Renewal = Parameters<typeof renewedTags>[1]

const NOTHING: Renewal = {
  nowMs: NOW_MS,
  ttlMs: undefined,
  label: undefined,
  hold: undefined,
  isReady: false,
}
const HELD = someTags({ 'aurora-clone:hold': 'true' })
const LABELLED = someTags({ 'aurora-clone:label': 'clone-db' })
const UNLABELLED = someTags({ 'aurora-clone:label': 'NONE' })

describe('renewedTags', () => {
  test.each<[string, Record<string, string>, Renewal, Record<string, string>]>([
    ['nothing asked for', someTags(), NOTHING, {}],
    [
      'a life that ends later now',
      someTags(),
      { ...NOTHING, ttlMs: 30 * DAY },
      { 'aurora-clone:expires-at': '2026-12-21T10:00:00.000Z' },
    ],
    ['a life that would end sooner is kept', someTags(), { ...NOTHING, ttlMs: HOUR }, {}],
    [
      'a life that ends at the same moment',
      someTags({ 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' }),
      { ...NOTHING, ttlMs: HOUR },
      {},
    ],
    [
      'no end so far',
      someTags({ 'aurora-clone:expires-at': undefined }),
      { ...NOTHING, ttlMs: HOUR },
      { 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' },
    ],
    [
      'an end that cannot be read',
      someTags({ 'aurora-clone:expires-at': 'soon' }),
      { ...NOTHING, ttlMs: HOUR },
      { 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' },
    ],
    [
      'another label',
      LABELLED,
      { ...NOTHING, label: { name: 'Preview' } },
      { 'aurora-clone:label': 'preview' },
    ],
    ['the same label in capitals', LABELLED, { ...NOTHING, label: { name: 'CLONE-DB' } }, {}],
    ['a label that nobody speaks of', LABELLED, NOTHING, {}],
    ['no label any more', LABELLED, { ...NOTHING, label: 'none' }, { 'aurora-clone:label': 'NONE' }],
    ['no label, as before', UNLABELLED, { ...NOTHING, label: 'none' }, {}],
    ['no label, and none was', someTags(), { ...NOTHING, label: 'none' }, {}],
    [
      'a first label',
      someTags(),
      { ...NOTHING, label: { name: 'clone-db' } },
      { 'aurora-clone:label': 'clone-db' },
    ],
    [
      'a label again',
      UNLABELLED,
      { ...NOTHING, label: { name: 'clone-db' } },
      { 'aurora-clone:label': 'clone-db' },
    ],
    [
      'a label that is called none',
      UNLABELLED,
      { ...NOTHING, label: { name: 'NONE' } },
      { 'aurora-clone:label': 'none' },
    ],
    [
      'ready for the first time',
      unpublishedTags(),
      { ...NOTHING, isReady: true },
      { 'aurora-clone:ready-at': '2026-11-21T10:00:00.000Z' },
    ],
    ['ready again', someTags(), { ...NOTHING, isReady: true }, {}],
    ['not ready yet', unpublishedTags(), NOTHING, {}],
    ['a first hold', someTags(), { ...NOTHING, hold: 'true' }, { 'aurora-clone:hold': 'true' }],
    ['the same hold', HELD, { ...NOTHING, hold: 'true' }, {}],
    [
      'another hold',
      HELD,
      { ...NOTHING, hold: '2026-12-01T00:00:00.000Z' },
      { 'aurora-clone:hold': '2026-12-01T00:00:00.000Z' },
    ],
    ['no hold any more', HELD, { ...NOTHING, hold: 'false' }, { 'aurora-clone:hold': 'false' }],
    ['none where none was', someTags(), { ...NOTHING, hold: 'false' }, {}],
    ['a hold that nobody speaks of', HELD, NOTHING, {}],
  ])('%s', (_, tags, renewal, expected) => {
    expect(renewedTags(tags, renewal)).toEqual(expected)
  })
})

describe('writeTags', () => {
  test('nothing to write: no call', async () => {
    const world = aWorld()
    const cluster = aCluster()
    expect(await writeTags(world.rds, cluster, {})).toBe(cluster)
    expect(world.calls()).toEqual([])
  })

  test('writes them on the cluster and shows them', async () => {
    const world = aWorld()
    const cluster = await writeTags(world.rds, aCluster(), { 'aurora-clone:label': 'preview' })
    expect(cluster.tags).toEqual({ ...someTags(), 'aurora-clone:label': 'preview' })
    expect(world.mock.commandCalls(AddTagsToResourceCommand)[0]?.args[0].input).toEqual({
      ResourceName: CLONE_ARN,
      Tags: [{ Key: 'aurora-clone:label', Value: 'preview' }],
    })
  })
})

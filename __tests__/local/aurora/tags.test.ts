import {
  AddTagsToResourceCommand,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-rds'
import type { Tag } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})

afterEach(async () => {
  await cloud.close()
})

const arn = (resource: string): string => `arn:aws:rds:${REGION}:${ACCOUNT}:${resource}`
const ORDERS = arn('cluster:orders')

const add = (ResourceName: string, Tags: Tag[]): Promise<unknown> =>
  cloud.client.send(new AddTagsToResourceCommand({ ResourceName, Tags }))

const list = async (ResourceName: string): Promise<readonly Tag[] | undefined> =>
  (await cloud.client.send(new ListTagsForResourceCommand({ ResourceName }))).TagList

test('are added, overwritten, listed and removed', async () => {
  await add(ORDERS, [
    { Key: 'team', Value: 'shop' },
    { Key: 'url', Value: 'https://github.com/o/r/pull/1' },
  ])
  await add(ORDERS, [
    { Key: 'team', Value: 'cart' },
    { Key: 'Team', Value: '' },
  ])
  expect(await list(ORDERS)).toEqual([
    { Key: 'team', Value: 'cart' },
    { Key: 'url', Value: 'https://github.com/o/r/pull/1' },
    { Key: 'Team', Value: '' },
  ])
  await cloud.client.send(
    new RemoveTagsFromResourceCommand({ ResourceName: ORDERS, TagKeys: ['team', 'absent'] }),
  )
  expect(cloud.region.cluster('orders')?.tags).toEqual({ url: 'https://github.com/o/r/pull/1', Team: '' })
})

test('an instance has its own', async () => {
  await add(arn('db:orders-1'), [{ Key: 'role', Value: 'writer' }])
  expect(cloud.region.instance('orders-1')?.tags).toEqual({ role: 'writer' })
  expect(cloud.region.cluster('orders')?.tags).toEqual({})
})

describe('on what', () => {
  test.each([
    ['a missing cluster', arn('cluster:nothing'), 'DBClusterNotFoundFault', 404],
    ['a missing instance', arn('db:nothing'), 'DBInstanceNotFound', 404],
    ['an identifier', 'orders', 'InvalidParameterValue', 400],
    ['another Region', `arn:aws:rds:us-east-1:${ACCOUNT}:cluster:orders`, 'InvalidParameterValue', 400],
    ['another kind', arn('og:orders'), 'InvalidParameterValue', 400],
  ])('%s', async (...[, resource, code, status]) => {
    expect(await refusalOf(add(resource, [{ Key: 'a', Value: 'b' }]))).toMatchObject({ code, status })
  })
})

describe('which', () => {
  test.each<readonly [string, Tag, boolean]>([
    ['a time', { Key: 'expires-at', Value: '2026-11-21T10:00:00Z' }, true],
    ['letters of any script', { Key: 'équipe', Value: 'Größe 大' }, true],
    ['every sign allowed', { Key: 'a_.:/=+-@ b', Value: '_.:/=+-@' }, true],
    ['128 and 256 characters', { Key: 'k'.repeat(128), Value: 'v'.repeat(256) }, true],
    ['no key', { Key: '', Value: 'v' }, false],
    ['too long a key', { Key: 'k'.repeat(129), Value: 'v' }, false],
    ['too long a value', { Key: 'k', Value: 'v'.repeat(257) }, false],
    ['a hash', { Key: 'branch', Value: 'feat#1' }, false],
    ['a comma', { Key: 'a,b', Value: '' }, false],
    ['AWS’s prefix', { Key: 'aws:x', Value: '' }, false],
    ['RDS’s prefix', { Key: 'rds:x', Value: '' }, false],
    ['RDS’s prefix in capitals', { Key: 'RDS:x', Value: '' }, false],
  ])('%s', async (...[, tag, isAccepted]) => {
    if (isAccepted) {
      await add(ORDERS, [tag])
      expect(await list(ORDERS)).toEqual([tag])
    } else {
      expect(await refusalOf(add(ORDERS, [tag]))).toMatchObject({
        code: 'InvalidParameterValue',
        status: 400,
      })
      // "If tagging fails on create the resource isn't created."
      expect(await refusalOf(cloud.clone('pr-1', { Tags: [tag] }))).toMatchObject({
        code: 'InvalidParameterValue',
      })
      expect(cloud.region.cluster('pr-1')).toBeUndefined()
    }
  })

  test('fifty, and no more', async () => {
    const tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
    await add(ORDERS, tags.slice(0, 50))
    expect(await refusalOf(add(ORDERS, tags.slice(50)))).toMatchObject({ code: 'InvalidParameterValue' })
    await add(ORDERS, [{ Key: 'k0', Value: 'overwritten' }])
    expect(await refusalOf(cloud.clone('pr-1', { Tags: tags }))).toMatchObject({
      code: 'InvalidParameterValue',
    })
  })
})

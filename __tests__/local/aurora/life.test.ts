import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { MINUTE, SECOND, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})

afterEach(async () => {
  await cloud.close()
})

describe('the life of a clone', () => {
  test('goes from creating to available to deleting to not found', async () => {
    const clone = await cloud.clone('pr-42')
    expect(clone).toMatchObject({
      Status: 'creating',
      Engine: 'aurora-postgresql',
      EngineVersion: '16.4',
      Port: 5432,
    })
    expect(clone.Endpoint).toMatch(/^pr-42\.cluster-c[0-9a-f]{11}\.eu-west-1\.rds\.amazonaws\.com$/)
    expect(clone.ReaderEndpoint).toMatch(/^pr-42\.cluster-ro-c[0-9a-f]{11}\.eu-west-1\.rds\.amazonaws\.com$/)

    const writer = await cloud.addInstance('pr-42')
    expect(writer).toMatchObject({ DBInstanceStatus: 'creating', DBClusterIdentifier: 'pr-42' })
    expect(writer.Endpoint).toBeUndefined()

    cloud.clock.pass(MINUTE - 1)
    expect(await cloud.describe('pr-42')).toMatchObject({ Status: 'creating' })
    cloud.clock.pass(1)
    expect(await cloud.describe('pr-42')).toMatchObject({ Status: 'available' })
    // The instance's four minutes begin only now.
    cloud.clock.pass(4 * MINUTE - 1)
    expect(await cloud.describeInstance('pr-42-1')).toMatchObject({ DBInstanceStatus: 'creating' })
    cloud.clock.pass(1)
    expect(await cloud.describeInstance('pr-42-1')).toMatchObject({ DBInstanceStatus: 'modifying' })
    cloud.clock.pass(10 * SECOND)
    expect(await cloud.describeInstance('pr-42-1')).toMatchObject({
      DBInstanceStatus: 'available',
      Endpoint: { Port: 5432 },
    })
    expect((await cloud.describe('pr-42')).DBClusterMembers).toEqual([
      {
        DBInstanceIdentifier: 'pr-42-1',
        IsClusterWriter: true,
        DBClusterParameterGroupStatus: 'in-sync',
        PromotionTier: 1,
      },
    ])

    expect(await cloud.deleteInstance('pr-42-1')).toMatchObject({ DBInstanceStatus: 'deleting' })
    expect(await cloud.deleteCluster('pr-42')).toMatchObject({ Status: 'available' })
    expect(await cloud.describe('pr-42')).toMatchObject({ Status: 'deleting' })
    cloud.clock.pass(12 * MINUTE)
    expect(await refusalOf(cloud.describe('pr-42'))).toMatchObject({
      name: 'DBClusterNotFoundFault',
      status: 404,
    })
    expect(await refusalOf(cloud.describeInstance('pr-42-1'))).toMatchObject({
      name: 'DBInstanceNotFoundFault',
      code: 'DBInstanceNotFound',
      status: 404,
    })
    expect(cloud.region.clusters().map((cluster) => cluster.identifier)).toEqual(['orders'])
  })

  test('keeps its name until it is gone', async () => {
    await cloud.clone('pr-42')
    cloud.clock.pass(MINUTE)
    await cloud.deleteCluster('pr-42')
    expect(await refusalOf(cloud.clone('pr-42'))).toMatchObject({
      code: 'DBClusterAlreadyExistsFault',
      status: 400,
    })
    cloud.clock.pass(12 * MINUTE)
    const again = await cloud.clone('pr-42')
    expect(again).toMatchObject({ Status: 'creating', DBClusterIdentifier: 'pr-42' })
  })

  test('flapping passes through other statuses before it stays available', async () => {
    const flapping = [
      { status: 'available', forMs: 5 * SECOND },
      { status: 'modifying', forMs: 5 * SECOND },
    ]
    const restless = await startCloud({ behaviour: { flapping } })
    await restless.clone('pr-1')
    const seen: (string | undefined)[] = []
    for (const ms of [0, MINUTE, 5 * SECOND, 5 * SECOND, MINUTE]) {
      restless.clock.pass(ms)
      seen.push((await restless.describe('pr-1')).Status)
    }
    expect(seen).toEqual(['creating', 'available', 'modifying', 'available', 'available'])
    await restless.close()
  })
})

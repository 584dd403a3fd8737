import { StartDBClusterCommand } from '@aws-sdk/client-rds'
import type { DeleteDBClusterCommandInput, DeleteDBInstanceCommandInput } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../../local/aurora/behaviour.ts'
import { HOUR, MINUTE, SECOND, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let clouds: Cloud[] = []
let cloud: Cloud

async function cloudWith(behaviour: Partial<Behaviour> = {}): Promise<Cloud> {
  const started = await startCloud({ behaviour })
  clouds.push(started)
  return started
}

beforeEach(async () => {
  cloud = await cloudWith()
  await cloud.readyClone('pr-1')
})

afterEach(async () => {
  await Promise.all(clouds.map((one) => one.close()))
  clouds = []
})

const isThere = (of: Cloud, identifier: string): boolean => of.region.cluster(identifier) !== undefined

describe('deleting a cluster', () => {
  test('right behind its instances', async () => {
    await cloud.deleteInstance('PR-1-1')
    expect(await cloud.deleteCluster('PR-1')).toMatchObject({ Status: 'available' })
    expect(cloud.region.cluster('pr-1')?.status).toBe('deleting')
  })

  test('not while an instance stays', async () => {
    await cloud.addInstance('pr-1', { DBInstanceIdentifier: 'reader' })
    await cloud.deleteInstance('pr-1-1')
    const refusal = await refusalOf(cloud.deleteCluster('pr-1'))
    expect(refusal.code).toBe('InvalidDBClusterStateFault')
    expect(refusal.message).toBe(
      'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
    )
    expect(cloud.region.cluster('pr-1')?.status).toBe('available')
    await cloud.deleteInstance('reader')
    await cloud.deleteCluster('pr-1')
  })

  test('not while it is protected, although its instances can go', async () => {
    cloud.region.seedCluster({ identifier: 'safe', deletionProtection: true })
    await cloud.deleteInstance('safe-1')
    const refusal = await refusalOf(cloud.deleteCluster('safe'))
    expect(refusal.code).toBe('InvalidParameterCombination')
    expect(refusal.message).toBe(
      'Cannot delete protected Cluster, please disable deletion protection and try again.',
    )
  })

  test('not while it is stopped: it is started first', async () => {
    cloud.region.stopCluster('pr-1')
    const instance = await refusalOf(cloud.deleteInstance('pr-1-1'))
    expect(instance).toMatchObject({ code: 'InvalidDBInstanceState', status: 400 })
    const refusal = await refusalOf(cloud.deleteCluster('pr-1'))
    expect(refusal.code).toBe('InvalidDBClusterStateFault')
    expect(refusal.message).toBe('Db cluster pr-1 is in stopped state')
    await cloud.client.send(new StartDBClusterCommand({ DBClusterIdentifier: 'pr-1' }))
    expect(await refusalOf(cloud.deleteCluster('pr-1'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    cloud.clock.pass(5 * MINUTE)
    await cloud.deleteInstance('pr-1-1')
    await cloud.deleteCluster('pr-1')
  })

  test('not twice', async () => {
    await cloud.deleteInstance('pr-1-1')
    await cloud.deleteCluster('pr-1')
    const refusal = await refusalOf(cloud.deleteCluster('pr-1'))
    expect(refusal.code).toBe('InvalidDBClusterStateFault')
    expect(refusal.message).toContain('already being deleted')
  })

  test('not when there is none', async () => {
    expect(await refusalOf(cloud.deleteCluster('nothing'))).toMatchObject({
      code: 'DBClusterNotFoundFault',
      status: 404,
    })
  })

  test.each<readonly [string, Partial<DeleteDBClusterCommandInput>, boolean]>([
    ['neither skipping nor naming a snapshot', { SkipFinalSnapshot: undefined }, false],
    ['skipping and naming one', { FinalDBSnapshotIdentifier: 'last' }, false],
    ['naming one', { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: 'last' }, true],
    ['skipping, with its backups', { DeleteAutomatedBackups: true }, true],
  ])('%s', async (...[, input, isAccepted]) => {
    await cloud.deleteInstance('pr-1-1')
    const call = cloud.deleteCluster('pr-1', input)
    if (isAccepted) expect(await call).toMatchObject({ DBClusterIdentifier: 'pr-1' })
    else expect(await refusalOf(call)).toMatchObject({ code: 'InvalidParameterCombination', status: 400 })
  })

  test.each(['modifying', 'backing-up', 'upgrading', 'starting'])('not while it is %s', async (status) => {
    cloud.region.seedCluster({ identifier: 'odd', status, instances: [] })
    const refusal = await refusalOf(cloud.deleteCluster('odd'))
    expect(refusal.code).toBe('InvalidDBClusterStateFault')
    expect(refusal.message).toContain('is not currently in the available state')
  })

  test.each(['cloning-failed', 'incompatible-network', 'inaccessible-encryption-credentials'])(
    'also one that is %s',
    async (status) => {
      cloud.region.seedCluster({ identifier: 'odd', status, instances: [] })
      await cloud.deleteCluster('odd')
      cloud.clock.pass(12 * MINUTE)
      expect(isThere(cloud, 'odd')).toBe(false)
    },
  )

  test.each(['accept', 'refuse'] as const)('while it is creating: %s', async (deleteClusterWhileCreating) => {
    const either = await cloudWith({ deleteClusterWhileCreating })
    await either.clone('pr-1')
    if (deleteClusterWhileCreating === 'accept') {
      expect(await either.deleteCluster('pr-1')).toMatchObject({ Status: 'creating' })
      either.clock.pass(HOUR)
      expect(isThere(either, 'pr-1')).toBe(false)
    } else {
      expect(await refusalOf(either.deleteCluster('pr-1'))).toMatchObject({
        code: 'InvalidDBClusterStateFault',
      })
      either.clock.pass(MINUTE)
      await either.deleteCluster('pr-1')
    }
  })

  test('shows its old status for a while, where the behaviour says so', async () => {
    const late = await cloudWith({ availableAfterDeleteMs: 20 * SECOND })
    await late.readyClone('pr-1')
    await late.deleteInstance('pr-1-1')
    await late.deleteCluster('pr-1')
    const statuses = (): readonly (string | undefined)[] => [
      late.region.cluster('pr-1')?.status,
      late.region.instance('pr-1-1')?.status,
    ]
    expect(statuses()).toEqual(['available', 'available'])
    expect(await refusalOf(late.deleteCluster('pr-1'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    late.clock.pass(20 * SECOND)
    expect(statuses()).toEqual(['deleting', 'deleting'])
    late.clock.pass(12 * MINUTE)
    expect(statuses()).toEqual([undefined, undefined])
  })

  test('leaves only after its last instance', async () => {
    await cloud.deleteInstance('pr-1-1')
    cloud.clock.pass(11 * MINUTE)
    await cloud.deleteCluster('pr-1')
    cloud.clock.pass(MINUTE)
    expect(cloud.region.instance('pr-1-1')).toBeUndefined()
    expect(cloud.region.cluster('pr-1')?.status).toBe('deleting')
    cloud.clock.pass(11 * MINUTE)
    expect(isThere(cloud, 'pr-1')).toBe(false)
  })
})

describe('deleting an instance', () => {
  test('not twice', async () => {
    await cloud.deleteInstance('pr-1-1')
    const refusal = await refusalOf(cloud.deleteInstance('pr-1-1'))
    expect(refusal).toMatchObject({
      name: 'InvalidDBInstanceStateFault',
      code: 'InvalidDBInstanceState',
      status: 400,
    })
    expect(refusal.message).toBe('Instance pr-1-1 is already being deleted.')
  })

  test.each<readonly [string, Partial<DeleteDBInstanceCommandInput>, boolean]>([
    ['with neither word', { SkipFinalSnapshot: undefined }, true],
    ['with its backups', { DeleteAutomatedBackups: true }, true],
    ['with a snapshot', { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: 'last' }, false],
  ])('%s', async (...[, input, isAccepted]) => {
    const call = cloud.deleteInstance('pr-1-1', input)
    if (isAccepted) {
      expect(await call).toMatchObject({ DBInstanceStatus: 'deleting' })
      return
    }
    const refusal = await refusalOf(call)
    expect(refusal.code).toBe('InvalidParameterCombination')
    expect(refusal.message).toBe(
      'FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance',
    )
  })

  test.each(['failed', 'incompatible-restore', 'incompatible-network'])(
    'one that is %s only by skipping the snapshot',
    async (status) => {
      cloud.region.failInstance('pr-1-1', { status })
      const refusal = await refusalOf(cloud.deleteInstance('pr-1-1', { SkipFinalSnapshot: false }))
      expect(refusal.code).toBe('InvalidDBInstanceState')
      await cloud.deleteInstance('pr-1-1')
    },
  )

  test.each(['accept', 'refuse'] as const)(
    'while it is creating: %s',
    async (deleteInstanceWhileCreating) => {
      const either = await cloudWith({ deleteInstanceWhileCreating })
      await either.clone('pr-1')
      await either.addInstance('pr-1')
      const call = either.deleteInstance('pr-1-1')
      if (deleteInstanceWhileCreating === 'accept') {
        expect(await call).toMatchObject({ DBInstanceStatus: 'deleting' })
        either.clock.pass(HOUR)
        expect(either.region.instance('pr-1-1')).toBeUndefined()
      } else {
        expect(await refusalOf(call)).toMatchObject({ code: 'InvalidDBInstanceState' })
      }
    },
  )

  test('not when there is none', async () => {
    expect(await refusalOf(cloud.deleteInstance('nothing'))).toMatchObject({
      code: 'DBInstanceNotFound',
      status: 404,
    })
  })
})

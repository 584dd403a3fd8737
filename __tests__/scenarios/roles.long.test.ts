import { describe, expect, test } from '@jest/globals'
import { playEveryMode } from './every-mode.ts'
import { LABEL, SOURCE, aTableWorld } from './world.ts'

describe('under the roles of policies/', () => {
  test.each([true, false])(
    'every mode does its work (deletion checks a snapshot: %s)',
    async (deleteChecksClusterSnapshot) => {
      const world = await aTableWorld({ behaviour: { deleteChecksClusterSnapshot } })
      const steps = await playEveryMode(world)
      expect(steps.map(({ what, outcome }) => `${what}: ${outcome}`)).toEqual([
        'create without waiting: creating',
        'wait: ready',
        'auto, after a push: ready',
        'auto, closed and held: skipped held',
        'auto, closed and let go: deleting pull-request-closed',
        'create in a subnet group: ready',
        'destroy a stopped clone: destroyed',
        'create where AWS fails: ',
        'create: ready',
        'destroy: destroyed',
        'create generation 1: ready',
        'create generation 2: ready',
        'create generation 3: ready',
        'wait for the newest: ready',
        'clone the newest: ready',
        'destroy all but the newest: destroyed',
        'sweep: swept',
        'sweep the account: swept',
      ])
      const requests = steps.flatMap((step) => step.requests)
      expect(requests.filter(({ fault = '' }) => fault.startsWith('AccessDenied'))).toEqual([])
      expect(requests.filter(({ accessKeyId }) => world.roles.policiesOf(accessKeyId) === undefined)).toEqual(
        [],
      )
      expect([...new Set(requests.map(({ operation }) => operation))].toSorted()).toEqual([
        'AddTagsToResource',
        'CreateDBInstance',
        'DeleteDBCluster',
        'DeleteDBInstance',
        'DescribeDBClusters',
        'DescribeDBInstances',
        'DescribeDBSubnetGroups',
        'DescribeEvents',
        'RestoreDBClusterToPointInTime',
        'StartDBCluster',
      ])
      expect(world.clones()).toEqual([])
    },
  )
})

/** Only AWS knows both: how soon tags count for access, and whether a create call sees its own. */
describe.each([0, 5_000, 60_000])('tags count after %i ms', (tagsCountForAccessAfterMs) => {
  test.each([true, false])(
    'a clone lives from its label to its end (create sees its own tags: %s)',
    async (createSeesItsOwnTags) => {
      const world = await aTableWorld({
        behaviour: { tagsCountForAccessAfterMs, createSeesItsOwnTags },
      })
      const auto = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL }
      const labeled = await world.play(auto, { event: world.labeled() })
      expect(labeled.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
      const pushed = await world.play({ ...auto, ttl: '9d', hold: 'true' }, { event: world.synchronize() })
      expect(pushed.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
      const held = await world.play(auto, { event: world.close() })
      expect(held.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'held' })
      const closed = await world.play({ ...auto, hold: 'false' }, { event: world.closed() })
      expect(closed.outputs).toMatchObject({ outcome: 'deleting' })
      await world.cloud.clock.sleep(120_000)
      expect(world.clones()).toEqual([])
      expect(world.comment()).toContain('is being deleted')
    },
  )
})

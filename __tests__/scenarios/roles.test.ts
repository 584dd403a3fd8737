import { describe, expect, test } from '@jest/globals'
import { playEveryMode } from './every-mode.ts'
import { aWorld } from './world.ts'

describe('under the roles of README.md', () => {
  test.each([true, false])(
    'every mode does its work (deletion checks a snapshot: %s)',
    async (deleteChecksClusterSnapshot) => {
      const world = await aWorld({ behaviour: { deleteChecksClusterSnapshot } })
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

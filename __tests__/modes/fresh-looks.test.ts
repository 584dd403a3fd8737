import {
  AddTagsToResourceCommand,
  type DBCluster,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { create } from '../../src/modes/create.ts'
import { wait } from '../../src/modes/wait.ts'
import {
  CLONE_INPUTS,
  awsCluster,
  awsInstance,
  awsSource,
  noAnswer,
  tagList,
  unpublishedTags,
} from '../factories.ts'
import { OPEN, type World, aContext, aWorld } from '../world.ts'
import { createInputs } from './create-inputs.ts'

const OF_ANNA: DBCluster = { DbClusterResourceId: 'cluster-ANNA', TagList: tagList({ Owner: 'anna' }) }

/** A Region where another cluster has the name of the clone from that moment on. */
function aRegion(clone: DBCluster): World & { readonly taken: { yet: boolean } } {
  const world = aWorld()
  const taken = { yet: false }
  world.mock
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: named }: { DBClusterIdentifier?: string }) => {
      const holder = taken.yet ? { ...clone, ...OF_ANNA } : clone
      return { DBClusters: named === undefined ? [awsSource(), holder] : [holder] }
    })
  world.mock.on(DescribeDBInstancesCommand).callsFake(() => ({
    DBInstances: clone.DBClusterMembers?.length === 0 ? [] : [awsInstance({ DBInstanceStatus: 'stopped' })],
  }))
  return { ...world, taken }
}

/** Calls that go by the name alone. */
function byName({ changes }: World): readonly string[] {
  return changes().filter((change) => /^(?:CreateDBInstance|StartDBCluster|Delete)/.test(change))
}

describe('another cluster takes the name of a clone while a run waits: nothing is sent to it', () => {
  const UNREADY = tagList(unpublishedTags())
  const CLONES = {
    stopped: awsCluster({ Status: 'stopped', TagList: UNREADY }),
    'without a writer': awsCluster({ DBClusterMembers: [], TagList: UNREADY }),
  }

  test.each(Object.entries(CLONES))('%s: for the first answer of GitHub', async (_, clone) => {
    const world = aRegion(clone)
    const context = aContext(world, {
      pullRequest: {
        async read() {
          await new Promise(setImmediate)
          world.taken.yet = true
          return OPEN
        },
      },
    })
    const inputs = { probe: false, allowForks: false, envPrefix: undefined, label: undefined }
    await expect(wait(context, { ...CLONE_INPUTS, ...inputs, mode: 'wait' })).rejects.toMatchObject({
      title: 'Cluster not owned',
    })
    expect(byName(world)).toEqual([])
  })

  test.each(Object.entries(CLONES))('%s: for the list of its instances', async (_, clone) => {
    const world = aRegion(clone)
    const instances =
      clone.DBClusterMembers?.length === 0 ? [] : [awsInstance({ DBInstanceStatus: 'stopped' })]
    world.mock.on(DescribeDBInstancesCommand).callsFake(async () => {
      await new Promise(setImmediate)
      world.taken.yet = true
      return { DBInstances: instances }
    })
    const inputs = { probe: false, allowForks: false, envPrefix: undefined, label: undefined }
    await expect(wait(aContext(world), { ...CLONE_INPUTS, ...inputs, mode: 'wait' })).rejects.toMatchObject({
      title: 'Cluster not owned',
    })
    expect(byName(world)).toEqual([])
  })

  test.each(Object.entries(CLONES))('%s: to write its tags, in vain', async (_, clone) => {
    const world = aRegion(clone)
    world.mock.on(AddTagsToResourceCommand).callsFake(() => {
      world.taken.yet = world.mock.commandCalls(AddTagsToResourceCommand).length === 5
      throw noAnswer('AddTagsToResource')
    })
    const running = create(aContext(world), createInputs({ label: undefined }))
    await expect(running).rejects.toMatchObject({ title: 'Cluster not owned' })
    expect(byName(world)).toEqual([])
  })
})

import { type DBCluster, DescribeDBClustersCommand, DescribeDBInstancesCommand } from '@aws-sdk/client-rds'
import { expect, test } from '@jest/globals'
import type { WaitInputs } from '../../src/inputs.ts'
import { wait } from '../../src/modes/wait.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_INPUTS,
  WRITER,
  awsCluster,
  awsInstance,
  someTags,
  tagList,
  unpublishedTags,
} from '../factories.ts'
import { CLOSED, OPEN_WITHOUT_LABEL, type World, aContext, aPullRequest, aWorld } from '../world.ts'

function someInputs(overrides: Partial<WaitInputs> = {}): WaitInputs {
  return {
    ...CLONE_INPUTS,
    mode: 'wait',
    label: undefined,
    probe: false,
    allowForks: false,
    envPrefix: undefined,
    ...overrides,
  }
}

function aRegion(...clusters: readonly DBCluster[]): World {
  const world = aWorld()
  world.mock
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: name }: { DBClusterIdentifier?: string }) => ({
      DBClusters: clusters.filter(
        ({ DBClusterIdentifier }) => name === undefined || name === DBClusterIdentifier,
      ),
    }))
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
  return world
}

function nightly(generation: string, identifier: string): DBCluster {
  const tags = someTags({
    'aurora-clone:cluster': identifier,
    'aurora-clone:key': 'nightly',
    'aurora-clone:generation': generation,
    'aurora-clone:created-at': `2026-11-${generation.slice(-2)}T03:00:00.000Z`,
  })
  return awsCluster({ DBClusterIdentifier: identifier, TagList: tagList(tags) })
}

test('finishes what create began: makes the writer, waits, tags it as ready, extends nothing', async () => {
  const available = awsCluster({ TagList: tagList(unpublishedTags()) })
  const creating = { ...available, Status: 'creating', DBClusterMembers: [] }
  const world = aRegion(creating)
  const hasWriter = () => world.changes().includes(`CreateDBInstance ${WRITER}`)
  world.mock
    .on(DescribeDBInstancesCommand)
    .callsFake(() => ({ DBInstances: hasWriter() ? [awsInstance()] : [] }))
  world.mock
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
    .callsFake(() => ({ DBClusters: [hasWriter() ? available : creating] }))
  expect(await wait(aContext(world), someInputs())).toMatchObject({
    outcome: 'ready',
    created: false,
    clone: { expiresAt: '2026-11-28T08:30:00.000Z' },
  })
  expect(world.changes()).toEqual([`CreateDBInstance ${WRITER}`, `AddTagsToResource ${CLONE_ARN}`])
})

test('there is no clone', async () => {
  await expect(wait(aContext(aRegion()), someInputs())).rejects.toMatchObject({
    title: 'No clone',
    what: 'There is no clone for pull request #42.',
    remedy: 'Run mode create first.',
  })
})

test('there is no clone of that generation', async () => {
  const owner = {
    server: 'github.com',
    repositoryId: '4711',
    key: 'nightly',
    generation: '7',
    number: undefined,
  }
  await expect(wait(aContext(aRegion(), { owner }), someInputs())).rejects.toMatchObject({
    what: 'There is no clone for nightly (generation 7).',
  })
})

test.each([
  ['without the label', OPEN_WITHOUT_LABEL, 'label-missing'],
  ['closed', CLOSED, 'pull-request-closed'],
])(
  'the pull request is %s, so create made no clone: skipped, as create was',
  async (_, reading, skipReason) => {
    const context = aContext(aRegion(), { pullRequest: aPullRequest(reading) })
    expect(await wait(context, someInputs({ label: 'clone-db' }))).toEqual({ outcome: 'skipped', skipReason })
  },
)

test('the clone is being deleted', async () => {
  const world = aRegion(awsCluster({ Status: 'deleting' }))
  await expect(wait(aContext(world), someInputs())).rejects.toMatchObject({
    title: 'No clone',
    what: `Clone "${CLONE}" of pull request #42 is being deleted.`,
  })
})

test('the clone failed before it was ready', async () => {
  const world = aRegion(awsCluster({ Status: 'cloning-failed', TagList: tagList(unpublishedTags()) }))
  await expect(wait(aContext(world), someInputs())).rejects.toMatchObject({
    title: 'Clone failed',
    remedy: 'Run mode create: it replaces a clone that never was ready.',
  })
  expect(world.changes()).toEqual([])
})

test('somebody else’s cluster has the name', async () => {
  const world = aRegion(awsCluster({ TagList: [] }))
  await expect(wait(aContext(world), someInputs())).rejects.toMatchObject({ title: 'Cluster not owned' })
})

test.each([
  ['the newest', 'available', 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7'],
  ['the newest that is not being deleted', 'deleting', 'clone-nightly-shop-20261120-4bf4fdac2af23c7b'],
])('without a generation: %s', async (_, Status, identifier) => {
  const first = nightly('20261120', 'clone-nightly-shop-20261120-4bf4fdac2af23c7b')
  const second = nightly('20261121', 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7')
  const world = aRegion(first, { ...second, Status })
  world.mock
    .on(DescribeDBInstancesCommand)
    .resolves({ DBInstances: [awsInstance({ DBClusterIdentifier: identifier })] })
  const owner = {
    server: 'github.com',
    repositoryId: '4711',
    key: 'nightly',
    generation: undefined,
    number: undefined,
  }
  expect(await wait(aContext(world, { owner }), someInputs())).toMatchObject({ clone: { identifier } })
})

test('the label that the clone was made for has gone: removed', async () => {
  const world = aRegion(awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'clone-db' })) }))
  const context = aContext(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL) })
  expect(await wait(context, someInputs())).toMatchObject({
    outcome: 'deleting',
    skipReason: 'label-missing',
  })
  expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`])
})

test('the clone was taken over for another label right before the removal: left to it', async () => {
  const labelled = (label: string) =>
    awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': label })) })
  const world = aRegion(labelled('clone-db'))
  world.mock
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
    .resolves({ DBClusters: [labelled('preview')] })
  const reading = { kind: 'open', labels: ['preview'], fromFork: false } as const
  const context = aContext(world, { pullRequest: aPullRequest(reading) })
  expect(await wait(context, someInputs())).toEqual({ outcome: 'skipped', skipReason: 'label-missing' })
  expect(world.changes()).toEqual([])
})

test('wanted without a label: no label of the pull request is asked for, and none is written', async () => {
  const world = aRegion(awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'NONE' })) }))
  const context = aContext(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL) })
  expect(await wait(context, someInputs())).toMatchObject({ outcome: 'ready', clone: { hasLabel: false } })
  expect(world.changes()).toEqual([])
})

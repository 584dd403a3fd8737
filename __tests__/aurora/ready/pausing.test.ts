import { DescribeDBClusterParametersCommand } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { keptAwakeBy, pausingOf } from '../../../src/aurora/ready/pausing.ts'
import { aCluster, fault } from '../../factories.ts'
import { aWorld } from '../../world.ts'

const PAUSING = { min: 0, max: 4, pausesAfterSeconds: 300 }
const PAUSES = { kind: 'pauses', afterSeconds: 300 }

test.each([
  ['aurora-postgresql', {}, undefined],
  ['aurora-postgresql', { 'rds.logical_replication': '0' }, undefined],
  ['aurora-postgresql', { 'rds.logical_replication': '1' }, 'rds.logical_replication'],
  ['aurora-postgresql', { binlog_format: 'ROW' }, undefined],
  ['aurora-mysql', {}, undefined],
  ['aurora-mysql', { binlog_format: 'OFF' }, undefined],
  ['aurora-mysql', { binlog_format: 'MIXED' }, 'binlog_format'],
])('%s with %j is kept awake by %s', (engine, parameters, by) => {
  expect(keptAwakeBy(engine, new Map(Object.entries(parameters)))).toBe(by)
})

describe('one request, and only where it tells something', () => {
  test.each([
    ['a minimum above 0', { capacity: { ...PAUSING, min: 0.5 } }, undefined],
    ['not serverless', { capacity: undefined }, undefined],
    ['a group of AWS', { capacity: PAUSING, parameterGroup: 'default.aurora-postgresql16' }, PAUSES],
  ])('none: %s', async (_, cluster, pausing) => {
    const world = aWorld()
    expect(await pausingOf(world.aws, aCluster(cluster))).toEqual(pausing)
    expect(world.calls()).toEqual([])
  })

  test('all pages of a group', async () => {
    const world = aWorld()
    world.mock
      .on(DescribeDBClusterParametersCommand)
      .resolves({ Parameters: [{ ParameterName: 'max_connections', ParameterValue: '100' }], Marker: 'next' })
      .on(DescribeDBClusterParametersCommand, { Marker: 'next' })
      .resolves({ Parameters: [{ ParameterName: 'rds.logical_replication', ParameterValue: '1' }] })
    const pausing = await pausingOf(world.aws, aCluster({ capacity: PAUSING }))
    expect(pausing).toEqual({ kind: 'kept-awake', by: 'rds.logical_replication' })
  })

  test('a role that may not ask: nothing is said', async () => {
    const world = aWorld()
    world.mock
      .on(DescribeDBClusterParametersCommand)
      .rejects(fault('DescribeDBClusterParameters', 'AccessDenied'))
    expect(await pausingOf(world.aws, aCluster({ capacity: PAUSING }))).toBeUndefined()
  })
})

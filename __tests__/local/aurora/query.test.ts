import { describe, expect, test } from '@jest/globals'
import { operationModel, rdsFault, requiredMembers } from '../../../local/aurora/protocol/model.ts'
import type { OperationModel } from '../../../local/aurora/protocol/model.ts'
import { parseQuery } from '../../../local/aurora/protocol/query.ts'
import { errorXml, resultXml } from '../../../local/aurora/protocol/xml.ts'

function rds(name: string): OperationModel {
  const operation = operationModel('rds', name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return operation
}

const parse = (name: string, form: string): Record<string, unknown> =>
  parseQuery(new URLSearchParams(`Action=${name}&Version=2014-10-31&${form}`), rds(name).input)

describe('a request is read by its schema', () => {
  test.each<readonly [string, string, string, Record<string, unknown>]>([
    [
      'strings, numbers and booleans',
      'RestoreDBClusterToPointInTime',
      'DBClusterIdentifier=a&Port=5432&UseLatestRestorableTime=true',
      { DBClusterIdentifier: 'a', Port: 5432, UseLatestRestorableTime: true },
    ],
    [
      'a time',
      'DescribeEvents',
      'StartTime=2026-11-21T10:00:00Z',
      { StartTime: new Date('2026-11-21T10:00:00Z') },
    ],
    [
      'a list in any order',
      'DescribeDBClusters',
      'Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.2=b&Filters.Filter.1.Values.Value.1=a',
      { Filters: [{ Name: 'engine', Values: ['a', 'b'] }] },
    ],
    [
      'a list with plain member names',
      'DescribeDBClusters',
      'Filters.member.1.Name=engine&Filters.member.1.Values.member.1=a',
      { Filters: [{ Name: 'engine', Values: ['a'] }] },
    ],
    [
      'more than nine members',
      'RemoveTagsFromResource',
      `ResourceName=r&${Array.from({ length: 11 }, (_, index) => `TagKeys.member.${index + 1}=k${index + 1}`).join('&')}`,
      { ResourceName: 'r', TagKeys: Array.from({ length: 11 }, (_, index) => `k${index + 1}`) },
    ],
    [
      'an empty list',
      'ModifyDBCluster',
      'DBClusterIdentifier=a&VpcSecurityGroupIds=',
      { DBClusterIdentifier: 'a', VpcSecurityGroupIds: [] },
    ],
    [
      'half a capacity unit',
      'ModifyDBCluster',
      'DBClusterIdentifier=a&ServerlessV2ScalingConfiguration.MinCapacity=0.5',
      { DBClusterIdentifier: 'a', ServerlessV2ScalingConfiguration: { MinCapacity: 0.5 } },
    ],
  ])('%s', (...[, operation, form, input]) => {
    expect(parse(operation, form)).toEqual(input)
  })

  test.each([
    ['an unknown parameter', 'DescribeDBClusters', 'Cluster=a', 'ValidationError', 'Cluster'],
    ['one of Object', 'DescribeDBClusters', 'constructor=a', 'ValidationError', 'constructor'],
    [
      'an unknown parameter inside',
      'DescribeDBClusters',
      'Filters.Filter.1.Nam=a',
      'ValidationError',
      'Filters.Filter.1.Nam',
    ],
    ['another list name', 'DescribeDBClusters', 'Filters.Item.1.Name=a', 'ValidationError', 'Filters.Item'],
    ['no list position', 'DescribeDBClusters', 'Filters.Filter.x.Name=a', 'ValidationError', 'position'],
    [
      'a value for a structure',
      'ModifyDBCluster',
      'DBClusterIdentifier=a&ServerlessV2ScalingConfiguration=1',
      'ValidationError',
      'structure',
    ],
    [
      'a value for a list',
      'ModifyDBCluster',
      'DBClusterIdentifier=a&VpcSecurityGroupIds=sg-1',
      'ValidationError',
      'list',
    ],
    ['a structure for a value', 'DescribeDBClusters', 'Marker.x=a', 'ValidationError', 'Marker'],
    [
      'nothing that is required',
      'DeleteDBCluster',
      'SkipFinalSnapshot=true',
      'MissingParameter',
      'DBClusterIdentifier',
    ],
    [
      'nothing required inside',
      'DescribeDBClusters',
      'Filters.Filter.1.Name=a',
      'MissingParameter',
      'Filters.Filter.1.Values',
    ],
    ['no number', 'DescribeDBClusters', 'MaxRecords=many', 'InvalidParameterValue', 'many'],
    ['no boolean', 'DescribeDBClusters', 'IncludeShared=yes', 'InvalidParameterValue', 'yes'],
    ['no time', 'DescribeEvents', 'StartTime=yesterday', 'InvalidParameterValue', 'yesterday'],
  ])('refused: %s', (...[, operation, form, code, message]) => {
    expect(() => parse(operation, form)).toThrow(
      expect.objectContaining({ code, httpStatus: 400, message: expect.stringContaining(message) }),
    )
  })
})

describe('an answer is written by its schema', () => {
  const requestId = 'r-1'

  test('with the names of AWS’s lists', () => {
    const cluster = { DBClusterIdentifier: 'a', TagList: [{ Key: 'k', Value: '<&">' }], MultiAZ: false }
    const output = { DBClusters: [cluster], Marker: undefined }
    expect(resultXml({ operation: rds('DescribeDBClusters'), output, requestId })).toBe(
      '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult>' +
        '<DBClusters><DBCluster><DBClusterIdentifier>a</DBClusterIdentifier>' +
        '<TagList><Tag><Key>k</Key><Value>&lt;&amp;&quot;&gt;</Value></Tag></TagList><MultiAZ>false</MultiAZ>' +
        '</DBCluster></DBClusters></DescribeDBClustersResult>' +
        '<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DescribeDBClustersResponse>',
    )
  })

  test('and none for an operation that answers nothing', () => {
    expect(resultXml({ operation: rds('AddTagsToResource'), output: {}, requestId })).toBe(
      '<AddTagsToResourceResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">' +
        '<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></AddTagsToResourceResponse>',
    )
  })

  test('which a member unknown to the schema does not pass', () => {
    const output = { DBClusters: [{ Identifier: 'a' }] }
    expect(() => resultXml({ operation: rds('DescribeDBClusters'), output, requestId })).toThrow(
      'DBCluster has no member Identifier',
    )
  })

  test('and so is a fault', () => {
    const fault = { code: 'DBInstanceNotFound', httpStatus: 404, message: 'DBInstance a<b not found.' }
    expect(errorXml({ service: 'rds', fault, requestId })).toContain(
      '<Error><Type>Sender</Type><Code>DBInstanceNotFound</Code><Message>DBInstance a&lt;b not found.</Message></Error>',
    )
    expect(errorXml({ service: 'rds', fault: { ...fault, httpStatus: 500 }, requestId })).toContain(
      'Receiver',
    )
  })
})

describe('the model knows', () => {
  test.each([
    ['DBClusterNotFoundFault', 'DBClusterNotFoundFault', 404],
    ['DBInstanceNotFoundFault', 'DBInstanceNotFound', 404],
    ['DBClusterQuotaExceededFault', 'DBClusterQuotaExceededFault', 403],
    ['InstanceQuotaExceededFault', 'InstanceQuotaExceeded', 400],
    ['DBSubnetGroupDoesNotCoverEnoughAZs', 'DBSubnetGroupDoesNotCoverEnoughAZs', 400],
    ['InsufficientDBClusterCapacityFault', 'InsufficientDBClusterCapacityFault', 403],
  ] as const)('%s travels as %s with %i', (...[name, code, httpStatus]) => {
    expect(rdsFault(name, 'why')).toMatchObject({ code, httpStatus, message: 'why' })
  })

  test('what is required', () => {
    expect(requiredMembers(rds('CreateDBInstance').input)).toEqual([
      'DBInstanceIdentifier',
      'DBInstanceClass',
      'Engine',
    ])
    expect(requiredMembers(rds('DescribeDBClusters').input)).toEqual([])
  })

  test('which operations there are', () => {
    expect(operationModel('rds', 'DescribeEverything')).toBeUndefined()
    expect(operationModel('rds', 'DBCluster')).toBeUndefined()
    expect(operationModel('sts', 'GetCallerIdentity')?.output.isStructSchema()).toBe(true)
  })
})

import {
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  paginateDescribeDBClusters,
} from '@aws-sdk/client-rds'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { InjectedFault } from '../../../local/aurora/fault-injection.ts'
import { MINUTE, REGION, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud({
    behaviour: { renamedClusterInstancesLagMs: 10 * MINUTE, coveredByAwsBackup: true },
  })
})

afterEach(async () => {
  await cloud.close()
})

const operation = 'DescribeDBClusters'
const SIGNED = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/${REGION}/rds/aws4_request, SignedHeaders=host, Signature=00`

async function answered(fault: InjectedFault, signal?: AbortSignal): Promise<Response> {
  cloud.server.faults.add({ operation, fault })
  return await fetch(cloud.server.url, {
    method: 'POST',
    body: new URLSearchParams({ Action: operation, Version: '2014-10-31' }),
    headers: { authorization: SIGNED },
    ...(signal === undefined ? {} : { signal }),
  })
}

test('a page of something else has neither AWS’s envelope nor a request id', async () => {
  const response = await answered({ body: '<html>Sign in</html>', contentType: 'text/html' })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
  expect(response.headers.get('x-amzn-requestid')).toBeNull()
  expect(await response.text()).toBe('<html>Sign in</html>')
  expect(cloud.server.requests.at(-1)).toMatchObject({ operation, applied: false })
})

test('its status and headers are those that it is given', async () => {
  const response = await answered({ body: '', httpStatus: 503, headers: { 'x-amzn-requestid': 'r-1' } })
  expect([response.status, response.headers.get('x-amzn-requestid')]).toEqual([503, 'r-1'])
})

test.each(['stall', 'drip'] as const)('%s: headers, and a body that does not end', async (fault) => {
  cloud.clock.sleep = () => new Promise<never>(() => undefined)
  const stop = new AbortController()
  const response = await answered(fault, stop.signal)
  expect([response.status, response.headers.get('x-amzn-requestid')]).toEqual([200, expect.any(String)])
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const first = await Promise.race([
    reader.read(),
    new Promise((resolve) => setTimeout(resolve, 50, 'nothing')),
  ])
  if (fault === 'stall') expect(first).toBe('nothing')
  else expect(first).toMatchObject({ value: new TextEncoder().encode('<') })
  stop.abort()
})

test.each([
  ['new-marker', 3],
  ['same-marker', 1],
] as const)('%s: a listing without an end', async (fault, different) => {
  cloud.server.faults.add({ operation, fault })
  const markers: (string | undefined)[] = []
  const pages = paginateDescribeDBClusters({ client: cloud.client }, {})
  for await (const { DBClusters: clusters, Marker: marker } of pages) {
    expect(clusters).toHaveLength(1)
    markers.push(marker)
    if (markers.length === 3) break
  }
  expect(new Set(markers).size).toBe(different)
})

test('no date, where it is left out', async () => {
  const response = await answered('no-date')
  expect([response.status, response.headers.get('date')]).toEqual([200, null])
})

test('a body that becomes another one, of whatever operation', async () => {
  cloud.server.faults.add({ fault: { rewrite: (body) => body.replaceAll('available', 'asleep') } })
  const { DBClusters: [cluster] = [] } = await cloud.client.send(new DescribeDBClustersCommand({}))
  expect(cluster?.Status).toBe('asleep')
})

test('instances name a renamed cluster as it was called, for a while', async () => {
  const input = { DBClusterIdentifier: 'orders', NewDBClusterIdentifier: 'renamed', ApplyImmediately: true }
  await cloud.client.send(new ModifyDBClusterCommand(input))
  expect(await cloud.describeInstance('orders-1')).toMatchObject({ DBClusterIdentifier: 'orders' })
  cloud.clock.pass(10 * MINUTE)
  expect(await cloud.describeInstance('orders-1')).toMatchObject({ DBClusterIdentifier: 'renamed' })
})

test('what AWS Backup covers cannot be deleted together with its automated backups', async () => {
  await cloud.readyClone('pr-1')
  await cloud.deleteInstance('pr-1-1')
  const refusal = await refusalOf(cloud.deleteCluster('pr-1', { DeleteAutomatedBackups: true }))
  expect([refusal.code, refusal.message]).toEqual([
    'InvalidParameterCombination',
    expect.stringContaining('associated with the following AwsBackupRecoveryPointArn'),
  ])
  await cloud.deleteCluster('pr-1')
  expect(cloud.region.cluster('pr-1')?.status).toBe('deleting')
})

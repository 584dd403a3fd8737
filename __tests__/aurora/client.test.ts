import { type AddressInfo } from 'node:net'
import { type Server, createServer } from 'node:http'
import { DeleteDBClusterCommand, DescribeDBClustersCommand, StartDBClusterCommand } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { checkAccount } from '../../src/aurora/account.ts'
import { createRdsClient } from '../../src/aurora/client.ts'

/** A server that answers everything with one status and body, on this machine alone. */
let server: Server
let answer = { status: 200, body: '' }
let requests: { readonly userAgent: string; readonly body: string }[] = []
const variables = { ...process.env }

beforeEach(async () => {
  requests = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      requests.push({ userAgent: request.headers['user-agent'] ?? '', body })
      response.writeHead(answer.status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'request-7' })
      response.end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_RDS: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
})

afterEach(async () => {
  process.env = { ...variables }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const OPTIONS = {
  region: 'eu-west-1',
  userAgent: ['aurora-clone-action', '1.2.3'],
  env: {},
  signal: new AbortController().signal,
} as const

describe('createRdsClient', () => {
  test('says who is calling', async () => {
    answer = {
      status: 200,
      body: '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult></DescribeDBClustersResponse>',
    }
    const { DBClusters } = await createRdsClient(OPTIONS).send(new DescribeDBClustersCommand({}))
    expect(DBClusters).toEqual([])
    expect(requests[0]?.userAgent).toContain('aurora-clone-action/1.2.3')
    expect(requests[0]?.body).toContain('Action=DescribeDBClusters')
  })

  test('a refused call tells its operation, code, status and request', async () => {
    answer = {
      status: 404,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>DBClusterNotFoundFault</Code><Message>not here</Message></Error></ErrorResponse>',
    }
    const sent = createRdsClient({
      ...OPTIONS,
      env: { https_proxy: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' },
    }).send(new DescribeDBClustersCommand({}))
    await expect(sent).rejects.toMatchObject({
      name: 'AwsCallError',
      operation: 'DescribeDBClusters',
      code: 'DBClusterNotFoundFault',
      httpStatus: 404,
      requestId: 'request-7',
      message: 'not here',
    })
    expect(requests).toHaveLength(1)
  })

  test('a proxy of the environment is used', async () => {
    answer = { status: 404, body: '' }
    const proxy = process.env['AWS_ENDPOINT_URL_RDS'] ?? ''
    process.env['AWS_ENDPOINT_URL_RDS'] = 'http://rds.invalid'
    await createRdsClient({ ...OPTIONS, env: { http_proxy: proxy } })
      .send(new DescribeDBClustersCommand({}))
      .catch(() => undefined)
    expect(requests.length).toBeGreaterThan(0)
  })
})

describe('cancelled', () => {
  test('nothing that changes anything is sent any more', async () => {
    const controller = new AbortController()
    const rds = createRdsClient({ ...OPTIONS, signal: controller.signal })
    controller.abort()
    await expect(rds.send(new StartDBClusterCommand({ DBClusterIdentifier: 'x' }))).rejects.toMatchObject({
      title: 'Cancelled',
      what: 'The run was cancelled. StartDBCluster was not sent any more.',
    })
    expect(requests).toEqual([])
  })

  test('looks are, and a deletion that has begun is finished', async () => {
    const controller = new AbortController()
    answer = { status: 404, body: '' }
    const rds = createRdsClient({ ...OPTIONS, signal: controller.signal })
    controller.abort()
    await rds.send(new DescribeDBClustersCommand({})).catch(() => undefined)
    await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'x' })).catch(() => undefined)
    expect(requests.map(({ body }) => /Action=(\w+)/.exec(body)?.[1])).toEqual([
      'DescribeDBClusters',
      'DeleteDBCluster',
    ])
  })
})

describe('checkAccount', () => {
  const identity = (account: string) =>
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${account}</GetCallerIdentityResult></GetCallerIdentityResponse>`
  const KNOWN = identity(
    '<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/ci/run</Arn>',
  )

  test('an allowed account', async () => {
    answer = { status: 200, body: KNOWN }
    expect(await checkAccount({ ...OPTIONS, allowedAccountIds: ['999999999999', '123456789012'] })).toEqual({
      account: '123456789012',
      arn: 'arn:aws:sts::123456789012:assumed-role/ci/run',
    })
  })

  test('an allowed account that does not say who it is', async () => {
    answer = { status: 200, body: identity('<Account>123456789012</Account>') }
    expect(await checkAccount({ ...OPTIONS, allowedAccountIds: ['123456789012'] })).toEqual({
      account: '123456789012',
      arn: '',
    })
  })

  test('another account is refused, with both named', async () => {
    answer = { status: 200, body: KNOWN }
    await expect(
      checkAccount({ ...OPTIONS, allowedAccountIds: ['999999999999', '888888888888'] }),
    ).rejects.toMatchObject({
      title: 'Wrong AWS account',
      what: 'The credentials belong to account "123456789012", allowed-account-ids is "999999999999, 888888888888". Nothing was done.',
      remedy: 'Assume a role of an allowed account, or correct allowed-account-ids.',
    })
  })

  test('an answer without an account is no allowed one', async () => {
    answer = { status: 200, body: identity('') }
    await expect(checkAccount({ ...OPTIONS, allowedAccountIds: ['123456789012'] })).rejects.toMatchObject({
      title: 'Wrong AWS account',
    })
  })

  test('a refused call', async () => {
    answer = {
      status: 403,
      body: '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>bad token</Message></Error></ErrorResponse>',
    }
    await expect(checkAccount({ ...OPTIONS, allowedAccountIds: ['123456789012'] })).rejects.toMatchObject({
      name: 'AwsCallError',
      operation: 'GetCallerIdentity',
      code: 'InvalidClientTokenId',
    })
  })
})

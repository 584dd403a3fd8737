import { DeleteDBClusterCommand, DescribeDBClustersCommand, StartDBClusterCommand } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { checkAccount } from '../../src/aurora/account.ts'
import { createRdsClients } from '../../src/aurora/client.ts'
import { AnsweringServer } from './answering-server.ts'

const server = AnsweringServer.beforeEach()

const OPTIONS = {
  region: 'eu-west-1',
  userAgent: ['aurora-clone-action', '1.2.3'],
  env: {},
  signal: new AbortController().signal,
} as const

describe('createRdsClients', () => {
  test('says who is calling', async () => {
    server().answer = {
      status: 200,
      body: '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult></DescribeDBClustersResponse>',
    }
    const { DBClusters } = await createRdsClients(OPTIONS).rds.send(new DescribeDBClustersCommand({}))
    expect(DBClusters).toEqual([])
    expect(server().requests[0]?.userAgent).toContain('aurora-clone-action/1.2.3')
    expect(server().requests[0]?.body).toContain('Action=DescribeDBClusters')
  })

  test('a refused call tells its operation, code, status and request', async () => {
    server().answer = {
      status: 404,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>DBClusterNotFoundFault</Code><Message>not here</Message></Error></ErrorResponse>',
    }
    const { rds } = createRdsClients({
      ...OPTIONS,
      env: { https_proxy: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' },
    })
    const sent = rds.send(new DescribeDBClustersCommand({}))
    await expect(sent).rejects.toMatchObject({
      name: 'AwsCallError',
      operation: 'DescribeDBClusters',
      code: 'DBClusterNotFoundFault',
      httpStatus: 404,
      requestId: 'request-7',
      message: 'not here',
    })
    expect(server().requests).toHaveLength(1)
  })

  test('a proxy of the environment is used', async () => {
    server().answer = { status: 404, body: '' }
    const proxy = process.env['AWS_ENDPOINT_URL_RDS'] ?? ''
    process.env['AWS_ENDPOINT_URL_RDS'] = 'http://rds.invalid'
    const { rds } = createRdsClients({ ...OPTIONS, env: { http_proxy: proxy } })
    await rds.send(new DescribeDBClustersCommand({})).catch(() => undefined)
    expect(server().requests.length).toBeGreaterThan(0)
  })
})

describe('a call that AWS could not take', () => {
  const sent = async (client: 'rds' | 'once'): Promise<number> => {
    server().answer = { status: 503, body: '' }
    await createRdsClients(OPTIONS)
      [client].send(new DescribeDBClustersCommand({}))
      .catch(() => undefined)
    return server().requests.length
  }

  test('is repeated, unless it has to follow a look of its own', async () => {
    expect(await sent('once')).toBe(1)
    expect(await sent('rds')).toBe(1 + 6)
  })
})

describe('cancelled', () => {
  test.each(['rds', 'once'] as const)(
    'nothing that changes anything is sent any more (%s)',
    async (client) => {
      const controller = new AbortController()
      const clients = createRdsClients({ ...OPTIONS, signal: controller.signal })
      controller.abort()
      const rds = clients[client]
      await expect(rds.send(new StartDBClusterCommand({ DBClusterIdentifier: 'x' }))).rejects.toMatchObject({
        title: 'Cancelled',
        what: 'The run was cancelled. StartDBCluster was not sent any more.',
      })
      expect(server().requests).toEqual([])
    },
  )

  test('looks are, and a deletion that has begun is finished', async () => {
    const controller = new AbortController()
    server().answer = { status: 404, body: '' }
    const { rds } = createRdsClients({ ...OPTIONS, signal: controller.signal })
    controller.abort()
    await rds.send(new DescribeDBClustersCommand({})).catch(() => undefined)
    await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'x' })).catch(() => undefined)
    expect(server().requests.map(({ body }) => /Action=(\w+)/.exec(body)?.[1])).toEqual([
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
    server().answer = { status: 200, body: KNOWN }
    expect(await checkAccount({ ...OPTIONS, allowedAccountIds: ['999999999999', '123456789012'] })).toEqual({
      account: '123456789012',
      arn: 'arn:aws:sts::123456789012:assumed-role/ci/run',
    })
  })

  test('an allowed account that does not say who it is', async () => {
    server().answer = { status: 200, body: identity('<Account>123456789012</Account>') }
    expect(await checkAccount({ ...OPTIONS, allowedAccountIds: ['123456789012'] })).toEqual({
      account: '123456789012',
      arn: '',
    })
  })

  test('another account is refused, with both named', async () => {
    server().answer = { status: 200, body: KNOWN }
    await expect(
      checkAccount({ ...OPTIONS, allowedAccountIds: ['999999999999', '888888888888'] }),
    ).rejects.toMatchObject({
      title: 'Wrong AWS account',
      what: 'The credentials belong to account "123456789012", allowed-account-ids is "999999999999, 888888888888". Nothing was done.',
      remedy: 'Assume a role of an allowed account, or correct allowed-account-ids.',
    })
  })

  test('an answer without an account is no allowed one', async () => {
    server().answer = { status: 200, body: identity('') }
    await expect(checkAccount({ ...OPTIONS, allowedAccountIds: ['123456789012'] })).rejects.toMatchObject({
      title: 'Wrong AWS account',
    })
  })

  test('a refused call', async () => {
    server().answer = {
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

import { type AddressInfo } from 'node:net'
import { type Server, type ServerResponse, createServer } from 'node:http'
import { DeleteDBClusterCommand, DescribeDBClustersCommand, StartDBClusterCommand } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { checkAccount } from '../../../src/aurora/api/account.ts'
import { createRdsClients, maskCredentials } from '../../../src/aurora/api/client.ts'
import { beginRequest } from '../../../local/time/clock.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'
import { installTimers } from '../../../local/time/virtual-timers.ts'

/** A server that answers everything with one status and body, on this machine alone; the first ones as it is told. */
let server: Server
let answer = { status: 200, body: '' }
let firstAnswers: ((response: ServerResponse) => void)[] = []
let requests: { readonly userAgent: string; readonly body: string }[] = []
let clock: SimulatedClock | undefined
const variables = { ...process.env }

/** In this describe: limits of calls and the pauses between them take no real time. */
function onSimulatedTime(): void {
  let ends: readonly (() => void)[] = []

  beforeEach(() => {
    clock = new SimulatedClock()
    ends = [clock.followRequests(), installTimers(clock.timers)]
  })

  afterEach(async () => {
    for (const end of ends) end()
    await clock?.close()
    clock = undefined
  })
}

beforeEach(async () => {
  requests = []
  firstAnswers = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      requests.push({ userAgent: request.headers['user-agent'] ?? '', body })
      const first = firstAnswers.shift()
      if (first !== undefined) {
        // Who has asked this waits for time to pass.
        if (clock !== undefined)
          void beginRequest(clock, () => 'an answer', response).pause(() => new Promise(() => undefined))
        first(response)
        return
      }
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
  mask: () => undefined,
} as const

const NO_CLUSTERS =
  '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult></DescribeDBClustersResponse>'

describe('createRdsClients', () => {
  test('says who is calling', async () => {
    answer = {
      status: 200,
      body: NO_CLUSTERS,
    }
    const { DBClusters } = await createRdsClients(OPTIONS).rds.send(new DescribeDBClustersCommand({}))
    expect(DBClusters).toEqual([])
    expect(requests[0]?.userAgent).toContain('aurora-clone-action/1.2.3')
    expect(requests[0]?.body).toContain('Action=DescribeDBClusters')
  })

  test('a refused call tells its operation, code, status and request', async () => {
    answer = {
      status: 404,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>DBClusterNotFoundFault</Code><Message>not here</Message></Error></ErrorResponse>',
    }
    const sent = createRdsClients({
      ...OPTIONS,
      env: { https_proxy: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' },
    }).rds.send(new DescribeDBClustersCommand({}))
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
    await createRdsClients({ ...OPTIONS, env: { http_proxy: proxy } })
      .rds.send(new DescribeDBClustersCommand({}))
      .catch(() => undefined)
    expect(requests.length).toBeGreaterThan(0)
  })
})

describe('a call that AWS could not take', () => {
  onSimulatedTime()

  const sent = async (client: 'rds' | 'once'): Promise<number> => {
    answer = { status: 503, body: '' }
    requests = []
    const { [client]: rds } = createRdsClients(OPTIONS)
    await rds.send(new DescribeDBClustersCommand({})).catch(() => undefined)
    return requests.length
  }

  test('is repeated, unless it has to follow a look of its own', async () => {
    expect(await sent('once')).toBe(1)
    const beganMs = Date.now()
    expect(await sent('rds')).toBe(24)
    expect(Date.now() - beganMs).toBeGreaterThan(60_000)
  })
})

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'a refusal whose code is a word of JavaScript: %s',
  async (code) => {
    answer = {
      status: 400,
      body: `<ErrorResponse><Error><Code>${code}</Code><Message>odd</Message></Error></ErrorResponse>`,
    }
    const sent = createRdsClients(OPTIONS).rds.send(new DescribeDBClustersCommand({}))
    await expect(sent).rejects.toMatchObject({ name: 'AwsCallError', code, message: 'odd', httpStatus: 400 })
  },
)

/** How an answer can take longer than anybody waits for it. */
const ENDLESS: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['is not begun', () => undefined],
  [
    'stalls after its head',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.flushHeaders()
    },
  ],
  [
    'drips',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/xml' })
      const drop = setInterval(() => {
        response.write(' ')
      }, 5)
      response.once('close', () => {
        clearInterval(drop)
      })
    },
  ],
  [
    'is refused, and the refusal never ends',
    (response) => {
      response.writeHead(400, { 'content-type': 'text/xml' })
      response.write('<ErrorResponse>')
    },
  ],
]

describe.each(ENDLESS)('an answer that %s', (_, endless) => {
  onSimulatedTime()

  test('is given up after the limit of the try, and the call is tried again', async () => {
    answer = { status: 200, body: NO_CLUSTERS }
    firstAnswers = [endless]
    const { rds } = createRdsClients(OPTIONS)
    expect((await rds.send(new DescribeDBClustersCommand({}))).DBClusters).toEqual([])
    expect(requests).toHaveLength(2)
  })

  test('ends with the time of the run, and nothing is tried again', async () => {
    const run = new AbortController()
    const closed = Promise.withResolvers<undefined>()
    firstAnswers = [
      (response) => {
        response.once('close', () => {
          closed.resolve(undefined)
        })
        endless(response)
        setTimeout(() => {
          run.abort()
        }, 50)
      },
    ]
    const rds = createRdsClients({ ...OPTIONS, deadline: run.signal }).rds
    await expect(rds.send(new DescribeDBClustersCommand({}))).rejects.toMatchObject({
      name: 'AwsCallError',
      operation: 'DescribeDBClusters',
      code: 'TimeoutError',
      message: 'the time of the run was over before AWS had answered',
      httpStatus: undefined,
    })
    await closed.promise
    expect(requests).toHaveLength(1)
  })

  test('ends when the run is cancelled', async () => {
    const cancelled = new AbortController()
    firstAnswers = [
      (response) => {
        endless(response)
        setTimeout(() => {
          cancelled.abort()
        }, 50)
      },
    ]
    const sent = createRdsClients(OPTIONS).rds.send(new DescribeDBClustersCommand({}), {
      abortSignal: cancelled.signal,
    })
    await expect(sent).rejects.toMatchObject({ name: 'AwsCallError', code: 'AbortError' })
    expect(requests).toHaveLength(1)
  })
})

describe('an answer that never comes', () => {
  onSimulatedTime()

  const never = () => undefined

  test('ends the try', async () => {
    firstAnswers = [never]
    const { once } = createRdsClients(OPTIONS)
    await expect(once.send(new DescribeDBClustersCommand({}))).rejects.toMatchObject({
      code: 'TimeoutError',
      message: 'there was no whole answer within 30 seconds',
      httpStatus: undefined,
    })
  })

  test('is asked for again', async () => {
    answer = { status: 200, body: NO_CLUSTERS }
    firstAnswers = [never, never]
    const { rds } = createRdsClients(OPTIONS)
    expect((await rds.send(new DescribeDBClustersCommand({}))).DBClusters).toEqual([])
    expect(requests).toHaveLength(3)
  })
})

describe('when the time of the run is over', () => {
  test('nothing is sent', async () => {
    const rds = createRdsClients({ ...OPTIONS, deadline: AbortSignal.abort() }).rds
    const sent = rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'x' }))
    await expect(sent).rejects.toMatchObject({ name: 'AwsCallError', code: 'TimeoutError' })
    expect(requests).toEqual([])
  })

  test('the pause before the next try ends', async () => {
    const run = new AbortController()
    firstAnswers = [
      (response) => {
        response.writeHead(503)
        response.end(() => {
          setTimeout(() => {
            run.abort()
          }, 20)
        })
      },
    ]
    answer = { status: 503, body: '' }
    const rds = createRdsClients({ ...OPTIONS, deadline: run.signal }).rds
    await expect(rds.send(new DescribeDBClustersCommand({}))).rejects.toMatchObject({ code: 'TimeoutError' })
  })

  test('credentials are not waited for', async () => {
    const run = new AbortController()
    const config = { credentials: () => new Promise<never>(() => undefined) }
    maskCredentials(config, { mask: OPTIONS.mask, deadline: run.signal })
    const provided = config.credentials()
    run.abort()
    await expect(provided).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('credentials are masked before they sign anything', () => {
  const seen: string[] = []
  const watched = {
    ...OPTIONS,
    mask(secret: string | undefined) {
      if (secret !== undefined) seen.push(`${secret} before request ${requests.length + 1}`)
    },
  }

  beforeEach(() => {
    seen.splice(0)
    answer = { status: 200, body: NO_CLUSTERS }
  })

  test('those of the environment; the id of the key is no secret', async () => {
    process.env['AWS_SESSION_TOKEN'] = 'a-token'
    await createRdsClients(watched).rds.send(new DescribeDBClustersCommand({}))
    expect(seen).toEqual(['secret before request 1', 'a-token before request 1'])
  })

  test('those that a runner of one’s own has from elsewhere', async () => {
    delete process.env['AWS_ACCESS_KEY_ID']
    delete process.env['AWS_SECRET_ACCESS_KEY']
    process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = process.env['AWS_ENDPOINT_URL_RDS']
    firstAnswers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({
            AccessKeyId: 'ASIAPOD',
            SecretAccessKey: 'pod-secret',
            Token: 'pod-token',
            Expiration: '2099-01-01T00:00:00Z',
          }),
        )
      },
    ]
    await createRdsClients(watched).rds.send(new DescribeDBClustersCommand({}))
    expect(seen).toEqual(['pod-secret before request 2', 'pod-token before request 2'])
  })

  test('also for the question whose they are', async () => {
    answer = { status: 403, body: '' }
    await checkAccount({ ...watched, allowedAccountIds: ['123456789012'] }).catch(() => undefined)
    expect(seen).toEqual(['secret before request 1'])
  })
})

describe('cancelled', () => {
  test('nothing that changes anything is sent any more', async () => {
    const controller = new AbortController()
    const rds = createRdsClients({ ...OPTIONS, signal: controller.signal }).rds
    controller.abort()
    await expect(rds.send(new StartDBClusterCommand({ DBClusterIdentifier: 'x' }))).rejects.toMatchObject({
      title: 'Cancelled',
      what: 'The run was cancelled. StartDBCluster was not sent.',
    })
    expect(requests).toEqual([])
  })

  test('looks are, and a deletion that has begun is finished', async () => {
    const controller = new AbortController()
    answer = { status: 404, body: '' }
    const rds = createRdsClients({ ...OPTIONS, signal: controller.signal }).rds
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

  test('an answer that never comes ends with the time of the run', async () => {
    const run = new AbortController()
    firstAnswers = [
      () => {
        run.abort()
      },
    ]
    const asked = checkAccount({ ...OPTIONS, deadline: run.signal, allowedAccountIds: ['123456789012'] })
    await expect(asked).rejects.toMatchObject({ operation: 'GetCallerIdentity', code: 'TimeoutError' })
    expect(requests).toHaveLength(1)
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

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { startAuroraServer } from '../../local/aurora/server.ts'
import { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { startGitHubServer } from '../../local/github/server.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { createCertificate } from '../proxy/certificate.ts'
import { type Proxy, type ProxyOptions, type ProxyTarget, startProxy } from '../proxy/proxy.ts'
import { Roles } from './roles.ts'
import { LABEL, SOURCE, World } from './world.ts'

// A runner behind a proxy: AWS and GitHub have their real names, no address is overridden, TLS is on, and those names lead nowhere but
// through the proxy.

const REGION = 'eu-west-1'
const RDS = `rds.${REGION}.amazonaws.com`
const STS = `sts.${REGION}.amazonaws.com`
const ACCOUNT = '123456789012'
const PASSWORD = 'p@ss word/42'

interface Site {
  readonly host: string
  readonly basePath: '' | '/api/v3'
  readonly urls: Readonly<Record<'GITHUB_API_URL' | 'GITHUB_GRAPHQL_URL' | 'GITHUB_SERVER_URL', string>>
}

const GITHUB: Site = {
  host: 'api.github.com',
  basePath: '',
  urls: {
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_SERVER_URL: 'https://github.com',
  },
}
const ENTERPRISE: Site = {
  host: 'ghe.example.com',
  basePath: '/api/v3',
  urls: {
    GITHUB_API_URL: 'https://ghe.example.com/api/v3',
    GITHUB_GRAPHQL_URL: 'https://ghe.example.com/api/graphql',
    GITHUB_SERVER_URL: 'https://ghe.example.com',
  },
}

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Network {
  readonly world: World
  /** Where the names lead to. */
  readonly targets: Readonly<Record<string, ProxyTarget>>
  /** Addresses on loopback, for what goes direct. */
  readonly direct: { readonly aws: string }
  /** What the runner has, but for a proxy. */
  readonly env: Readonly<Record<string, string>>
}

async function behindTls(site: Site): Promise<Network> {
  const directory = await mkdtemp(join(tmpdir(), 'ca-'))
  closing.push(() => rm(directory, { recursive: true }))
  const tls = await createCertificate([site.host, RDS, STS, '127.0.0.1'])
  const clock = new SimulatedClock()
  closing.push(() => clock.close())
  const behaviour = { clusterCreatingMs: 20_000, instanceCreatingMs: 20_000, deletingMs: 20_000 }
  const aws = await startAuroraServer({ clock, behaviour, accountId: ACCOUNT, tls })
  closing.push(() => aws.close())
  const github = await startGitHubServer({ clock, basePath: site.basePath, tls, hostname: site.host })
  closing.push(() => github.close())

  const world = new World(
    {
      clock,
      aws,
      github,
      databases: undefined,
      region: aws.region(REGION),
      environment: {},
      close: () => Promise.resolve(),
    },
    { clock, roles: new Roles(), withoutRoles: true },
  )
  closing.push(() => {
    world.assertNothingForeignTouched()
    return Promise.resolve()
  })
  const awsAddress = new URL(aws.url)
  return {
    world,
    targets: {
      [`${RDS}:443`]: { host: '127.0.0.1', port: Number(awsAddress.port) },
      [`${STS}:443`]: { host: '127.0.0.1', port: Number(awsAddress.port) },
      [`${site.host}:443`]: { host: '127.0.0.1', port: github.port },
    },
    direct: { aws: aws.url },
    env: {
      ...site.urls,
      ...clock.environment(),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'ASIALOCALCLOUD000001',
      AWS_SECRET_ACCESS_KEY: 'local-cloud-secret-access-key',
      AWS_SESSION_TOKEN: 'local-cloud-session-token',
      AWS_EC2_METADATA_DISABLED: 'true',
      NODE_EXTRA_CA_CERTS: await tls.writeCaFile(directory),
    },
  }
}

async function proxyWith(options: ProxyOptions): Promise<Proxy> {
  const proxy = await startProxy(options)
  closing.push(() => proxy.close())
  return proxy
}

async function createThrough(
  { world, env }: Network,
  proxyEnv: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  return await world.create({ 'allowed-account-ids': ACCOUNT, ...inputs }, { env: { ...env, ...proxyEnv } })
}

/** Hosts that the proxy was asked for, with how it answered. */
function asked({ requests }: Proxy): readonly string[] {
  return [
    ...new Set(requests.map(({ method, host, port, outcome }) => `${method} ${host}:${port} ${outcome}`)),
  ].toSorted()
}

describe.each([
  { name: 'github.com', site: GITHUB },
  { name: 'an enterprise server', site: ENTERPRISE },
])('behind a proxy, with $name', ({ site }) => {
  test('a clone is made and destroyed, and everything goes through the proxy', async () => {
    const network = await behindTls(site)
    const { world, targets, env } = network
    const proxy = await proxyWith({ targets })
    const everything = [RDS, STS, site.host].map((host) => `CONNECT ${host}:443 forwarded`).toSorted()

    const created = await createThrough(network, { HTTPS_PROXY: proxy.url })
    expect(created).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'true' } })
    expect(created.log).toContain(`AWS account ${ACCOUNT}`)
    expect(asked(proxy)).toEqual(everything)
    expect(world.comment()).toContain('Database clone is ready')

    const before = proxy.requests.length
    const destroyed = await world.destroy(
      { wait: 'true', 'allowed-account-ids': ACCOUNT },
      { event: world.close(), env: { ...env, HTTPS_PROXY: proxy.url } },
    )
    expect(destroyed).toMatchObject({ exitCode: 0, outputs: { outcome: 'destroyed' } })
    expect(world.clones()).toEqual([])
    expect(asked({ ...proxy, requests: proxy.requests.slice(before) })).toEqual(everything)
    expect(world.comment()).toContain('Database clone is gone')
  })

  test('with a password, which is masked and never printed', async () => {
    const network = await behindTls(site)
    const proxy = await proxyWith({
      targets: network.targets,
      credentials: { username: 'runner', password: PASSWORD },
    })
    // The lower-case name, as curl has it.
    const created = await createThrough(network, { https_proxy: proxy.url })
    expect(created).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready' } })
    expect(proxy.requests.filter(({ outcome }) => outcome !== 'forwarded')).toEqual([])
    expectNeverPrinted(created)
  })
})

function expectNeverPrinted({ log, masks, stderr, stdout, summary }: StepResult): void {
  const encoded = encodeURIComponent(PASSWORD)
  const basic = Buffer.from(`runner:${PASSWORD}`).toString('base64')
  expect(masks).toEqual(expect.arrayContaining([PASSWORD, encoded]))
  const printed = stdout.replaceAll(/^::add-mask::.*$/gm, '')
  for (const secret of [PASSWORD, encoded, basic])
    for (const text of [printed, stderr, log, summary]) expect(text).not.toContain(secret)
}

describe('hosts that NO_PROXY names', () => {
  test('are reached directly, the others through the proxy', async () => {
    const network = await behindTls(GITHUB)
    const proxy = await proxyWith({ targets: network.targets })
    // An endpoint on loopback, as a VPC endpoint is inside the network.
    const inside = { AWS_ENDPOINT_URL_RDS: network.direct.aws }
    const through = await createThrough(network, { ...inside, HTTPS_PROXY: proxy.url })
    expect(through.exitCode).toBe(0)
    const { port } = new URL(network.direct.aws)
    expect(asked(proxy)).toContain(`CONNECT 127.0.0.1:${port} forwarded`)

    const before = proxy.requests.length
    const pushed = await createThrough(network, {
      ...inside,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: 'example.org,127.0.0.1',
    })
    expect(pushed).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
    expect(asked({ ...proxy, requests: proxy.requests.slice(before) })).toEqual([
      `CONNECT ${GITHUB.host}:443 forwarded`,
      `CONNECT ${STS}:443 forwarded`,
    ])
  })

  test('do without the proxy even where it answers nobody', async () => {
    const network = await behindTls(GITHUB)
    const proxy = await proxyWith({ targets: { [GITHUB.host]: { host: '127.0.0.1', port: 1 } } })
    const created = await createThrough(
      network,
      {
        AWS_ENDPOINT_URL: network.direct.aws,
        GITHUB_API_URL: `https://127.0.0.1:${network.world.cloud.github.port}`,
        GITHUB_GRAPHQL_URL: `https://127.0.0.1:${network.world.cloud.github.port}/graphql`,
        HTTPS_PROXY: proxy.url,
        no_proxy: '127.0.0.1',
      },
      { 'source-cluster': SOURCE, label: LABEL },
    )
    expect(created).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready' } })
    expect(proxy.requests).toEqual([])
  })
})

describe('a proxy that does not let the action through', () => {
  test.each([
    { name: 'knows none of the hosts', outcome: 'refused', credentials: undefined },
    {
      name: 'wants another password',
      outcome: 'unauthorized',
      credentials: { username: 'runner', password: 'changed' },
    },
  ])('because it $name, ends in one clear error', async ({ credentials, outcome }) => {
    const network = await behindTls(GITHUB)
    const proxy = await proxyWith(credentials === undefined ? {} : { targets: network.targets, credentials })
    const url = new URL(proxy.url)
    url.username = 'runner'
    url.password = encodeURIComponent(PASSWORD)
    const result = await createThrough(network, { HTTPS_PROXY: url.href.replace(/\/$/, '') })
    expect(result.exitCode).toBe(1)
    const errors = result.annotations.filter(({ level }) => level === 'error')
    expect(errors.map(({ title }) => title)).toEqual(['AWS not reachable'])
    expect(errors[0]?.message).toContain('HTTPS_PROXY')
    expect(result.summary).toContain('AWS not reachable')
    expectNeverPrinted(result)
    expect(asked(proxy)).toEqual([`CONNECT ${STS}:443 ${outcome}`])
    expect(network.world.cloud.aws.requests).toEqual([])
  })

  test('because nobody listens there, ends in one clear error', async () => {
    const network = await behindTls(GITHUB)
    const result = await createThrough(network, { HTTPS_PROXY: 'http://127.0.0.1:9' })
    const errors = result.annotations.filter(({ level }) => level === 'error')
    expect([result.exitCode, errors.map(({ title }) => title)]).toEqual([1, ['AWS not reachable']])
  })
})

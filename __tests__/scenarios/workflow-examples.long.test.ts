import { once } from 'node:events'
import { type AddressInfo, connect as dial, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { type WorkflowEvent, pullRequestEvent, scheduleEvent } from '../../local/github/events.ts'
import { connectTo } from '../../local/database/sql-client.ts'
import type { RunResult } from '../../local/runner/run-result.ts'
import { forServer } from '../../scripts/server-workflow.ts'
import { DAY_MS, letTimePass, prepareNights, seedClone } from './seeded-clones.ts'
import { staying } from './staying.ts'
import {
  EXAMPLE_SOURCE,
  type Team,
  type TeamOptions,
  aTeam,
  actionStep,
  annotationsOf,
  describeRun,
  jobOf,
  outcomeOf,
  workflowPath,
} from './team.ts'
import { type ToolsLog, aToolsLog } from './tools-log.ts'
import { restores } from './workflow-calls.ts'
import type { World } from './world.ts'

interface ToolTeam {
  readonly team: Team
  readonly world: World
  readonly toolCalls: ToolsLog['calls']
}

async function aToolTeam(options: TeamOptions): Promise<ToolTeam> {
  const { file, calls } = aToolsLog()
  const team = await aTeam({ ...options, toolsLog: file })
  return { team, world: team.world, toolCalls: calls }
}

/** Puts the label on the pull request of the world, or takes it off. */
function label({ cloud, pull }: World, action: 'labeled' | 'unlabeled', name: string): WorkflowEvent {
  if (action === 'labeled') pull.addLabel(name)
  else pull.removeLabel(name)
  return pullRequestEvent(cloud.github, { pullRequest: pull, action, label: name })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when nothing listens there any longer: who is killed may still take a connection, which then ends with it. */
async function isRefused(port: number): Promise<void> {
  for (;;) {
    const socket = dial(port, '127.0.0.1')
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    try {
      await once(socket, 'connect')
    } catch (error) {
      expect(error).toMatchObject({ code: 'ECONNREFUSED' })
      return
    }
    await ended
  }
}

function conclusionsOf(result: RunResult): Readonly<Record<string, string>> {
  return Object.fromEntries(result.jobs.map(({ id, conclusion }) => [id, conclusion]))
}

/** Does something, without an event, right before the second job that looks at the pull request does so. */
function atTheSecondJob({ cloud }: World, act: () => unknown): void {
  const tokens = new Set<string | undefined>()
  const { hooks } = cloud.github
  hooks.beforeHandling = ({ headers, path }) => {
    if (!path.endsWith('/pulls/42')) return
    tokens.add(headers['authorization'])
    if (tokens.size < 2) return
    delete hooks.beforeHandling
    act()
  }
}

interface Preview {
  readonly example: string
  readonly wanted: string
  readonly deploys: string
  readonly removes: string
}

/** The examples that deploy something with a database. */
const PREVIEWS: readonly Preview[] = [
  {
    example: 'deployment-manifest.yml',
    wanted: 'clone-db',
    deploys: 'kubectl apply ',
    removes: 'kubectl delete deployment pr-42 ',
  },
  {
    example: 'eks-helm.yml',
    wanted: 'preview',
    deploys: 'helm upgrade ',
    removes: 'kubectl delete namespace preview-42 ',
  },
]
const ROWS = PREVIEWS.map((preview) => [preview.example, preview] as const)

/** With the label, a manifest and a warm source. Its role may clone nothing else where the example says so. */
async function aPreviewTeam({ example, wanted }: Preview, options: TeamOptions = {}): Promise<ToolTeam> {
  const isWarm = example === 'eks-helm.yml'
  const preview = await aToolTeam({
    examples: [example],
    labels: [wanted],
    accountId: '111122223333',
    ...(isWarm && { stack: { preparation: true, onlyWarm: true } }),
    ...options,
  })
  const { world } = preview
  world.pull.push({ 'deploy/preview.yml': 'host: $DATABASE_HOST\n' })
  if (!isWarm) return preview
  const server = new URL(options.githubServerUrl ?? 'https://github.com').host
  seedClone(world, { server, key: 'warm', label: null, generation: '1', isClean: true })
  return preview
}

/** The only clone of the pull request. */
function cloneOf(world: World) {
  const [clone, ...others] = world
    .clones()
    .filter(({ status, tags }) => status !== 'deleting' && tags['aurora-clone:key'] === 'pr-42')
  expect(others).toEqual([])
  if (clone === undefined) throw new Error('the pull request has no clone')
  return clone
}

const isOfPull = (identifier: string): boolean => identifier.startsWith('clone-pr-')

const EKS: Preview = PREVIEWS[1] ?? { example: '', wanted: '', deploys: '', removes: '' }

describe('eks-helm', () => {
  test('deploys to a namespace of its own, and deletes it with the label', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS, { labels: [] })
    const labelled = await team.play(label(world, 'labeled', 'preview'))
    expect(describeRun(labelled)).toMatch(/^success/)
    expect(conclusionsOf(labelled)).toEqual({
      database: 'success',
      'database / clone': 'success',
      image: 'success',
      deploy: 'success',
      teardown: 'skipped',
    })
    const clone = cloneOf(world)
    expect(clone).toMatchObject({ status: 'available', tags: { 'aurora-clone:label': 'preview' } })
    const calls = toolCalls()
    const image = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:${world.pull.headSha}`
    expect(calls.indexOf(`docker push ${image}`)).toBeGreaterThan(
      calls.indexOf(`docker build --tag ${image} .`),
    )
    const secret = jobOf(labelled, 'database').outputs['secret-arn']
    expect(calls.at(-1)).toBe(
      `helm upgrade orders deploy/chart --install --namespace preview-42 --create-namespace --wait --timeout 15m ` +
        `--set-string image=${image} --set-string database.host=${clone.endpoint.address} ` +
        `--set-string database.port=${clone.endpoint.port} --set-string database.name=shop ` +
        `--set-string database.secret=${secret ?? ''} --set-string database.user=postgres`,
    )

    const unlabelled = await team.play(label(world, 'unlabeled', 'preview'))
    expect(conclusionsOf(unlabelled)).toMatchObject({
      image: 'skipped',
      deploy: 'skipped',
      teardown: 'success',
    })
    expect(toolCalls().slice(calls.length)).toEqual([
      'aws eks update-kubeconfig --name previews',
      'kubectl delete namespace preview-42 --ignore-not-found --timeout=10m',
    ])
    expect(staying(world).filter(isOfPull)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })

  test('a pull request that was opened again before its closing was seen to keeps its namespace and its database', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS)
    const opened = pullRequestEvent(world.cloud.github, { pullRequest: world.pull, action: 'reopened' })
    expect((await team.play(opened)).conclusion).toBe('success')
    const before = { calls: toolCalls(), clone: cloneOf(world).resourceId }
    const closing = world.close({ merged: false })
    world.pull.reopen()

    const closed = await team.play(closing)
    expect(conclusionsOf(closed)).toMatchObject({
      database: 'success',
      image: 'skipped',
      deploy: 'skipped',
      teardown: 'skipped',
    })
    expect({ calls: toolCalls(), clone: cloneOf(world).resourceId }).toEqual(before)
  })

  test.each<[string, (world: World) => void]>([
    [
      'is closed',
      (world) => {
        atTheSecondJob(world, () => {
          world.pull.close()
        })
      },
    ],
    [
      'loses the label',
      (world) => {
        atTheSecondJob(world, () => world.pull.removeLabel('preview'))
      },
    ],
    [
      'gets a newer commit',
      (world) => {
        atTheSecondJob(world, () => world.pull.push())
      },
    ],
  ])('a pull request that %s while the image is built gets no deployment', async (_, happens) => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS)
    const pushing = world.synchronize()
    happens(world)
    const run = await team.play(pushing)
    expect(conclusionsOf(run)).toMatchObject({ database: 'success', deploy: 'success' })
    expect(toolCalls().filter((call) => call.startsWith('docker push'))).toHaveLength(1)
    expect(toolCalls().filter((call) => call.startsWith('helm'))).toEqual([])
  })

  test('an image that cannot be pushed is not deployed, and the next push goes on with the clone', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS, {
      edit: (text) => text.replace(/^( +)docker push .*$/m, '$1[[ $GITHUB_RUN_NUMBER != 1 ]] || exit 1\n$&'),
    })
    const failed = await team.play(world.synchronize())
    expect(failed.conclusion).toBe('failure')
    expect(conclusionsOf(failed)).toMatchObject({ database: 'success', deploy: 'skipped' })
    expect(toolCalls().filter((call) => call.startsWith('helm'))).toEqual([])
    const { resourceId } = cloneOf(world)

    const pushed = await team.play(world.synchronize())
    expect(pushed.conclusion).toBe('success')
    expect(toolCalls().filter((call) => call.startsWith('helm upgrade'))).toHaveLength(1)
    expect(cloneOf(world).resourceId).toBe(resourceId)
  })

  test('without contents: read nothing is built, and nothing deployed', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS, {
      edit: (text) => text.replace(/^ +contents: read # to check out the code\n/m, ''),
    })
    const failed = await team.play(world.synchronize())
    expect(conclusionsOf(failed)).toMatchObject({ image: 'failure', deploy: 'skipped' })
    expect(toolCalls()).toEqual([])
  })
})

describe.each(ROWS)('%s: the preview', (_, preview) => {
  async function deployed(): Promise<ToolTeam> {
    const team = await aPreviewTeam(preview, { examples: [preview.example, 'sweep.yml'] })
    await team.team.play(team.world.synchronize())
    expect(team.toolCalls().at(-1)).toContain(preview.deploys)
    return team
  }

  async function expire({ team, world }: ToolTeam): Promise<void> {
    letTimePass(world, cloneOf(world).identifier, 8 * DAY_MS)
    expect((await team.sweep()).conclusion).toBe('success')
    await world.until(() => !world.clones().some(({ identifier }) => isOfPull(identifier)))
  }

  test('goes with the label, although its clone went before', async () => {
    const tools = await deployed()
    await expire(tools)
    const unlabelled = await tools.team.play(label(tools.world, 'unlabeled', preview.wanted))
    expect(describeRun(unlabelled)).toMatch(/^success/)
    expect(jobOf(unlabelled, 'database').outputs).toMatchObject({
      outcome: 'skipped',
      'skip-reason': 'label-missing',
    })
    expect(tools.toolCalls().at(-1)).toContain(preview.removes)
  })

  test('goes with the closing, although its clone went before', async () => {
    const tools = await deployed()
    await expire(tools)
    expect((await tools.team.play(tools.world.close())).conclusion).toBe('success')
    expect(tools.toolCalls().at(-1)).toContain(preview.removes)
  })

  test('stays with a clone that is held', async () => {
    const { team, world, toolCalls } = await deployed()
    await world.tagByHand(cloneOf(world).identifier, { 'aurora-clone:hold': 'true' })
    const before = toolCalls().length
    const closed = await team.play(world.close())
    expect(jobOf(closed, 'database').outputs).toMatchObject({ 'skip-reason': 'held' })
    expect(toolCalls()).toHaveLength(before)
  })

  test('on an enterprise server', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(preview, {
      edit: forServer,
      githubBasePath: '/api/v3',
      githubServerUrl: 'https://ghe.example.com',
    })
    const pushed = await team.play(world.synchronize())
    expect(describeRun(pushed)).toMatch(/^success/)
    expect(toolCalls().filter((call) => call.startsWith(preview.deploys))).toHaveLength(1)
    const unlabelled = await team.play(label(world, 'unlabeled', preview.wanted))
    expect(describeRun(unlabelled)).toMatch(/^success/)
    expect(toolCalls().at(-1)).toContain(preview.removes)
  })

  test.each([{ author: 'dependabot[bot]' }, { headRepository: 'fork' }] as const)(
    'without credentials (%o): nothing is deployed, and the run is green',
    async (options) => {
      const { team, world, toolCalls } = await aPreviewTeam(preview, options)
      const pushed = await team.play(world.synchronize())
      expect(pushed.conclusion).toBe('success')
      expect(outcomeOf(pushed)).toBe('skipped')
      expect(annotationsOf(pushed, 'notice')).toHaveLength(1)
      expect(toolCalls()).toEqual([])
      expect(world.calls()).toEqual([])
    },
  )
})

describe.each([false, true])('where Dependabot is given what permissions say: %s', (dependabotIsGranted) => {
  test('eks-helm.yml: its push leaves the preview as it is, and that of a person brings it up to date', async () => {
    const { team, world, toolCalls } = await aPreviewTeam(EKS, {
      labels: [],
      author: 'dependabot[bot]',
      dependabotIsGranted,
    })
    const byPerson = (event: WorkflowEvent): WorkflowEvent => ({
      ...event,
      actor: { login: 'octocat', id: 583_231 },
    })
    const deployed = (): readonly string[] => toolCalls().filter((call) => call.startsWith('helm upgrade'))
    expect((await team.play(byPerson(label(world, 'labeled', 'preview')))).conclusion).toBe('success')
    expect(deployed()).toEqual([expect.stringContaining(world.pull.headSha)])

    const before = toolCalls()
    const rebased = await team.play(world.synchronize())
    expect(describeRun(rebased)).toMatch(/^success/)
    expect(jobOf(rebased, 'database').outputs['outcome']).toBe(dependabotIsGranted ? 'ready' : 'skipped')
    expect(toolCalls()).toEqual(before)

    expect((await team.play(byPerson(world.synchronize()))).conclusion).toBe('success')
    expect(deployed()).toEqual([expect.anything(), expect.stringContaining(world.pull.headSha)])
  })

  test('direct.yml: Dependabot’s pull request is left alone', async () => {
    const team = await aTeam({ examples: ['direct.yml'], author: 'dependabot[bot]', dependabotIsGranted })
    const { world } = team
    expect(conclusionsOf(await team.play(world.labeled()))).toEqual({ database: 'skipped' })
    expect(world.calls()).toEqual([])
  })
})

describe('ssm-port-forward', () => {
  const PASSWORD = 'of the source, too'

  /** With real rows, and a port that nothing else has on this machine. */
  async function aTunnelTeam() {
    const port = await freePort()
    const tunnel = await aToolTeam({
      examples: ['ssm-port-forward.yml'],
      edit: (text) => text.replaceAll('15432', String(port)),
      databases: true,
      withoutSource: true,
      secrets: { ORDERS_PASSWORD: PASSWORD },
    })
    const { cloud } = tunnel.world
    const engine = 'aurora-postgresql'
    tunnel.world.seedForeign({
      identifier: EXAMPLE_SOURCE,
      engine,
      databaseName: 'shop',
      masterUsername: 'postgres',
      masterPassword: PASSWORD,
    })
    await cloud.databases?.settle()
    const { endpoint } = cloud.region.cluster(EXAMPLE_SOURCE) ?? {}
    const login = { host: '127.0.0.1', port: endpoint?.port ?? 0, user: 'postgres', password: PASSWORD }
    const client = await connectTo(engine, { ...login, database: 'shop' }, tunnel.world.clock)
    await client.query('CREATE TABLE orders (id integer); INSERT INTO orders VALUES (1), (2), (3)')
    await client.close()
    return { ...tunnel, port }
  }

  const stepOf = (run: RunResult, name: string) => jobOf(run, 'test').steps.find((step) => step.name === name)

  test('the tests ask the clone through the tunnel, which ends with their job', async () => {
    const { team, world, toolCalls, port } = await aTunnelTeam()
    const labelled = await team.play(world.labeled())
    expect(describeRun(labelled)).toMatch(/^success/)
    const { endpoint } = world.clone()
    expect(toolCalls()).toEqual([
      'aws ssm start-session --target i-0a1b2c3d4e5f67890 --document-name AWS-StartPortForwardingSessionToRemoteHost ' +
        `--parameters host=${endpoint.address},portNumber=${endpoint.port},localPortNumber=${port}`,
      'psql --command SELECT count(*) FROM orders',
    ])
    expect(stepOf(labelled, 'Run the tests')?.log).toContain('3')
    await isRefused(port)

    const closed = await team.play(world.close())
    expect(conclusionsOf(closed)).toMatchObject({ test: 'skipped' })
    expect(staying(world)).toEqual([])
  })

  test('a tunnel that does not open fails its own step, and says why', async () => {
    const edit = (text: string): string => text.replace('i-0a1b2c3d4e5f67890\n', 'bastion\n')
    const { team, world, toolCalls } = await aToolTeam({ examples: ['ssm-port-forward.yml'], edit })
    const labelled = await team.play(world.labeled())
    expect(stepOf(labelled, 'Open the tunnel')).toMatchObject({ conclusion: 'failure' })
    expect(stepOf(labelled, 'Open the tunnel')?.log).toContain('--target is "bastion"')
    expect(annotationsOf(labelled, 'error').map(({ title }) => title)).toContain('No tunnel')
    expect(toolCalls()).toEqual([])
  })

  test('a fork without credentials gets neither a database nor a tunnel', async () => {
    const { team, world, toolCalls } = await aToolTeam({
      examples: ['ssm-port-forward.yml'],
      headRepository: 'fork',
    })
    const labelled = await team.play(world.labeled())
    expect(describeRun(labelled)).toMatch(/^success/)
    expect(conclusionsOf(labelled)).toMatchObject({ test: 'skipped' })
    expect(toolCalls()).toEqual([])
  })
})

test('nightly-staging, a night that fails: staging stays where it is, and nothing is removed', async () => {
  const { team, world, toolCalls } = await aToolTeam({
    examples: ['nightly-staging.yml'],
    stack: { preparation: true },
    inProcess: false,
  })
  prepareNights(world)
  const nights = [2, 1].map((ago) =>
    seedClone(world, { key: 'nightly', label: null, generation: `before-${ago}`, ageMs: ago * DAY_MS }),
  )
  world.cloud.aws.faults.add({
    operation: 'CreateDBInstance',
    fault: { code: 'InstanceQuotaExceeded', message: 'Quota' },
  })
  const night = { cron: '43 2 * * *', workflow: workflowPath('nightly-staging.yml') }
  const failed = await team.play(
    scheduleEvent(world.cloud.github, { repository: world.repository, ...night }),
  )
  expect(failed.conclusion).toBe('failure')
  expect(annotationsOf(failed, 'error').map(({ title }) => title)).toContain('Quota exceeded')
  expect(toolCalls()).toEqual([])
  expect(staying(world)).toEqual(expect.arrayContaining(nights))
  expect(world.mutations()).not.toContain('DeleteDBCluster')
})

describe('direct', () => {
  const EXAMPLES = ['direct.yml']

  test('label, push and close, in two steps of the team’s own', async () => {
    const team = await aTeam({ examples: EXAMPLES })
    const { world } = team
    expect(outcomeOf(await team.play(world.labeled()))).toBe('ready')
    const { resourceId } = world.clone()
    expect(actionStep(await team.play(world.synchronize())).outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
      'cluster-resource-id': resourceId,
    })
    const other = await team.play(label(world, 'labeled', 'docs'))
    expect(conclusionsOf(other)).toEqual({ database: 'skipped' })
    expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    expect(staying(world)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })

  test.each([{ headRepository: 'fork' }, { author: 'dependabot[bot]' }] as const)(
    'without credentials (%o) its job is skipped, and the run is green',
    async (options) => {
      const team = await aTeam({ examples: EXAMPLES, ...options })
      const { world } = team
      const run = await team.play(world.labeled())
      expect(conclusionsOf(run)).toEqual({ database: 'skipped' })
      expect(run.conclusion).not.toBe('failure')
      expect(annotationsOf(run, 'error')).toEqual([])
      expect(world.calls()).toEqual([])
    },
  )
})

test('several-sources: a clone of each, and the label that goes takes its own', async () => {
  const team = await aTeam({ examples: ['several-sources.yml'], labels: ['clone-orders'] })
  const { world } = team
  world.seedForeign({ identifier: 'customers-anonymised' })
  const labelled = await team.play(label(world, 'labeled', 'clone-customers'))
  expect(conclusionsOf(labelled)).toMatchObject({
    'orders / clone': 'skipped',
    'customers / clone': 'success',
  })
  const pushed = await team.play(world.synchronize())
  expect(pushed.conclusion).toBe('success')
  expect(jobOf(pushed, 'orders').outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(jobOf(pushed, 'customers').outputs).toMatchObject({ outcome: 'ready', created: 'false' })
  const sources = (): readonly (string | undefined)[] =>
    world
      .clones()
      .filter(({ status }) => status !== 'deleting')
      .map(({ tags }) => tags['aurora-clone:source'])
      .toSorted()
  expect(sources()).toEqual(['customers-anonymised', 'orders-anonymised'])
  expect(world.pull.comments()).toHaveLength(2)

  expect((await team.play(label(world, 'unlabeled', 'clone-customers'))).conclusion).toBe('success')
  expect(sources()).toEqual(['orders-anonymised'])
  expect((await team.play(world.close())).conclusion).toBe('success')
  expect(sources()).toEqual([])
})

/** direct.yml without `queue`, and with the group that its comment has for that. */
function directForServer(text: string): string {
  const group = /^# +(group: .*)$/m.exec(text)?.[1] ?? ''
  expect(group).toContain('github.run_id')
  return forServer(text).replace(/^( +)group: .*$/m, (_, indent: string) => `${indent}${group}`)
}

describe('pr-database-ghes, on an enterprise server', () => {
  const onServer: TeamOptions = {
    examples: ['pull-request.yml'],
    edit: forServer,
    githubBasePath: '/api/v3',
    githubServerUrl: 'https://ghe.example.com',
  }

  /** A run that makes the clone, stopped right after AWS has begun with it. */
  async function duringRestore(options: TeamOptions) {
    const team = await aTeam(options)
    const { world } = team
    const { hooks } = world.cloud.aws
    const restored = Promise.withResolvers<undefined>()
    const goOn = Promise.withResolvers<undefined>()
    hooks.afterApply = async ({ operation }) => {
      if (operation !== 'RestoreDBClusterToPointInTime') return
      delete hooks.afterApply
      restored.resolve(undefined)
      await goOn.promise
    }
    const creating = team.begin(world.labeled())
    await restored.promise
    const mayGoOn = (): void => {
      goOn.resolve(undefined)
    }
    return { team, world, creating, mayGoOn }
  }

  test('label, push and close', async () => {
    const team = await aTeam(onServer)
    const { world } = team
    expect(outcomeOf(await team.play(world.labeled()))).toBe('ready')
    expect(world.clone().tags['aurora-clone:server']).toBe('ghe.example.com')
    expect(actionStep(await team.play(world.synchronize())).outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
    })
    expect(world.comment()).toContain('https://ghe.example.com/acme/shop/actions/runs/')
    expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    expect(staying(world)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })

  test.each([
    ['true', 'true'],
    ['false', undefined],
  ])('without a queue: hold %s neither waits nor loses its place to a push', async (hold, tag) => {
    const dispatched = (text: string): string =>
      forServer(text)
        .replace(/^on:.*$/m, '$&\n  workflow_dispatch: { inputs: { hold: { type: string } } }')
        .replace(/^ {6}label: .*$/m, "$&\n      pr-number: '42'\n      hold: ${{ inputs.hold }}")
    const { team, world, mayGoOn, creating } = await duringRestore({ ...onServer, edit: dispatched })
    const held = team.begin(team.dispatch('pull-request.yml', { hold }))
    await setImmediate()
    const pushed = team.begin(world.synchronize())
    await setImmediate()
    const newest = team.begin(world.synchronize())
    mayGoOn()
    for (const run of [creating, held, newest]) expect(describeRun(await run.result)).toMatch(/^success/)
    expect((await pushed.result).conclusion).toBe('cancelled')
    expect(world.clone().tags['aurora-clone:hold']).toBe(tag)
    expect(restores(world)).toBe(1)
    expect(world.clone().members).toHaveLength(1)
  })

  /** What becomes of a closing that waits for the run that makes the clone, when another label comes meanwhile. */
  async function closingBehindAnotherLabel(options: TeamOptions): Promise<RunResult> {
    const { team, world, mayGoOn, creating } = await duringRestore(options)
    const closing = team.begin(world.close())
    await setImmediate()
    const unrelated = team.begin(label(world, 'labeled', 'docs'))
    await setImmediate()
    mayGoOn()
    expect((await unrelated.result).conclusion).not.toBe('failure')
    expect(await creating.result).toMatchObject({ conclusion: 'success' })
    return await closing.result
  }

  describe.each([false, true])('where skipped jobs claim their group: %s', (skippedJobsClaim) => {
    test.each([
      ['pr-database-ghes.yml', onServer],
      ['direct.yml', { ...onServer, examples: ['direct.yml'], edit: directForServer }],
      ['pr-database.yml, with its queue', { examples: ['pull-request.yml'] }],
    ])('%s: another label does not take the place of the closing that waits', async (_, options) => {
      const closed = await closingBehindAnotherLabel({ ...options, skippedJobsClaim })
      expect(describeRun(closed)).toMatch(/^success/)
      expect(outcomeOf(closed)).toMatch(/^(?:deleting|absent)$/)
    })
  })

  test.each([
    ['direct.yml', { ...onServer, examples: ['direct.yml'] }],
    [
      'pr-database-ghes.yml',
      {
        ...onServer,
        copiesCalled: true,
        edit: (text: string, name: string) =>
          forServer(
            name.startsWith('called-') ? text.replace(/^( +group:) .*github\.run_id.*$/m, '$1 shared') : text,
          ),
      },
    ],
  ])('%s with one group for everything would lose it', async (_, options) => {
    const closed = await closingBehindAnotherLabel({ ...options, skippedJobsClaim: true })
    expect(closed.conclusion).toBe('cancelled')
  })
})

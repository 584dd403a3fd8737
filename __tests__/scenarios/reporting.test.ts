import { type AddressInfo, type Server, createServer } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { scheduleEvent } from '../../local/github/events.ts'
import { aTableWorld, aWorld } from './world.ts'

const MARKER = '<!-- aurora-clone-action:v1 clone=8b540f896d9d0b71 -->'

describe('the comment', () => {
  test('is created early, follows every state in place, and ends as a tombstone', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 60_000 } })
    const run = world.create()
    await world.until(() => world.pull.comments().length === 1)
    expect(world.comment()).toContain('Database clone is being created')
    await run
    expect(world.comment()).toMatch(
      /^<!-- aurora-clone-action:v1 clone=8b540f896d9d0b71 -->\n### ✅ Database clone is ready/,
    )
    const [{ id } = { id: 0 }] = world.pull.comments()

    await world.create({}, { event: world.synchronize() })
    await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(world.comment()).toContain('Database clone is gone')
    expect(world.comment()).not.toContain('.rds.amazonaws.com')
    expect(world.pull.comments()[0]?.id).toBe(id)
  })

  test('tells how the clone came about as far as its run knows, and a later run no more than the tags do', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 60_000, instanceCreatingMs: 120_000 } })
    const steps = (): readonly string[] =>
      [...world.comment().matchAll(/^\| \*\*(.+?)\*\* \| \d{4}-\S+ \S+ UTC(?:, (\w+) later)? \|$/gm)].map(
        ([, step = '']) => step,
      )
    await world.create()
    expect(steps()).toEqual(['Asked for', 'Cluster restored', 'Writer available', 'Ready'])
    expect(world.comment()).toMatch(/<summary>Ready 3m\w* after it was asked for<\/summary>/)
    expect(world.comment()).toContain('#database:id=clone-pr-42-shop-')
    await world.create({}, { event: world.synchronize() })
    expect(steps()).toEqual(['Asked for', 'Ready'])
    await world.create({ 'comment-details': 'minimal' })
    expect(world.comment()).not.toMatch(/Asked for|console/)
  })

  test('says a day before the clone expires that it does, once, and an extension removes that', async () => {
    const world = await aTableWorld()
    const sweep = async (inputs = {}) => await world.play({ mode: 'sweep', 'dry-run': 'false', ...inputs })
    const ready = () => world.comment().replace(/^⏰.*\n\n/m, '')
    const writes = () => world.cloud.github.requests.filter(({ method }) => method === 'PATCH').length
    await world.create({ ttl: '3d' })
    const comment = world.comment()
    await sweep()
    await world.clock.sleep(50 * 3_600_000)
    await sweep({ 'dry-run': 'true' })
    expect(world.comment()).toBe(comment)
    await sweep()
    expect(world.comment()).toMatch(
      /is ready\n\n⏰ \*\*Expires \d{4}-\S+ \S+ UTC, within a day\.\*\* Push or run/,
    )
    expect(ready()).toBe(comment)
    const before = writes()
    await world.clock.sleep(3_600_000)
    await sweep()
    expect(writes()).toBe(before)
    await world.create({ ttl: '3d' }, { event: world.synchronize() })
    expect(world.comment()).not.toContain('⏰')
    await sweep()
    expect(world.comment()).not.toContain('⏰')
  })

  test('its address is an output', async () => {
    const world = await aTableWorld()
    const run = await world.create()
    expect(run.outputs['comment-url']).toMatch(
      /^https:\/\/github\.com\/acme\/shop\/pull\/42#issuecomment-\d+$/,
    )
  })

  test('is found over all pages, and a forged marker by somebody else is not taken for it', async () => {
    const world = await aTableWorld()
    const forged = world.pull.addComment({
      author: 'mallory',
      body: `${MARKER}\nyour database is at evil.example`,
    })
    await world.create()
    for (let index = 0; index < 250; index += 1)
      world.pull.addComment({ author: 'maria', body: `comment ${index}` })
    await world.create({}, { event: world.synchronize() })
    const own = world.pull.comments().filter(({ author }) => author.login === 'github-actions[bot]')
    expect(own).toHaveLength(1)
    expect(world.pull.comments().find(({ id }) => id === forged.id)?.body).toContain('evil.example')
  })

  test('is found behind 250 comments of others', async () => {
    const world = await aTableWorld()
    for (let index = 0; index < 250; index += 1)
      world.pull.addComment({ author: 'maria', body: `comment ${index}` })
    await world.create()
    await world.create({}, { event: world.synchronize() })
    const own = world.pull.comments().filter(({ author }) => author.login === 'github-actions[bot]')
    expect(own).toHaveLength(1)
  })

  test('of each clone is its own', async () => {
    const world = await aTableWorld()
    await world.create({ 'clone-name': 'one' })
    await world.create({ 'clone-name': 'two' })
    const bodies = world.pull.comments().map(({ body }) => body)
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toContain('`one`')
    expect(bodies[1]).toContain('`two`')
  })

  test.each([
    ['no permission', { permissions: { 'pull-requests': 'read' } }, undefined, 'pull-requests: write'],
    ['a locked conversation', {}, 'lock', 'pull-requests: write'],
    ['an outage', {}, 'outage', 'not written yet: GitHub does not answer. The job summary has the same'],
  ] as const)(
    'that cannot be written is one warning, never a lost clone: %s',
    async (_, options, trouble, told) => {
      const world = await aTableWorld(options)
      if (trouble === 'lock') world.pull.lockConversation({ status: 403 })
      if (trouble === 'outage') world.cloud.github.faults.add({ path: /comments/, status: 503 })
      const run = await world.create()
      expect(run.exitCode).toBe(0)
      expect(run.outputs).toMatchObject({ outcome: 'ready', 'comment-url': '' })
      const warnings = run.annotations.filter(({ level }) => level === 'warning')
      expect(warnings).toEqual([
        { level: 'warning', title: undefined, message: expect.stringContaining(told) },
      ])
      expect(run.summary).toContain('Database clone is ready')
    },
  )

  test('in a public repository tells nothing of the database', async () => {
    const world = await aTableWorld({ isPrivate: false })
    const run = await world.create()
    expect(world.comment()).toContain('Database clone is ready')
    expect(world.comment()).not.toContain(run.outputs['endpoint'])
    expect(world.comment()).not.toContain('clone-pr-42')
    expect(world.comment()).not.toContain('postgres')
    await world.create({ 'comment-details': 'full' })
    expect(world.comment()).toContain(run.outputs['endpoint'])
  })

  test('can be switched off, and needs no token then', async () => {
    const world = await aTableWorld()
    await world.create({ comment: 'false' })
    expect(world.pull.comments()).toEqual([])
  })

  test('has nothing from the pull request in it', async () => {
    const label = 'x`|<img src=a onerror=b>@team'
    const world = await aTableWorld({ labels: [label] })
    await world.create({ label })
    expect(world.comment()).not.toContain('onerror')
    expect(world.comment()).not.toContain('@team')
  })
})

describe('variables for later steps', () => {
  test.each([
    [
      'PG',
      {
        PGHOST: expect.stringMatching(/^clone-pr-42/),
        PGPORT: '5432',
        PGDATABASE: 'shop',
        PGUSER: 'postgres',
      },
    ],
    [
      'DB_',
      {
        DB_HOST: expect.stringMatching(/^clone-pr-42/),
        DB_PORT: '5432',
        DB_DATABASE: 'shop',
        DB_USER: 'postgres',
      },
    ],
  ])('env-prefix %s', async (prefix, expected) => {
    const world = await aTableWorld()
    expect((await world.create({ 'env-prefix': prefix })).exportedEnv).toEqual(expected)
  })

  test('are not exported before the clone is ready', async () => {
    const world = await aTableWorld()
    expect((await world.create({ 'env-prefix': 'PG', wait: 'false' })).exportedEnv).toEqual({})
  })
})

describe('the log', () => {
  test('has one group a phase, a line for each change, and a heartbeat a minute', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 180_000 } })
    const run = await world.create()
    const lines = run.stdout.split('\n')
    expect(lines.filter((line) => line.startsWith('::group::'))).toHaveLength(
      lines.filter((line) => line === '::endgroup::').length,
    )
    expect(run.log).toContain('▼ Look at AWS and the pull request')
    expect(run.log).toContain('▼ Clone "clone-pr-42-shop-8b540f896d9d0b71"')
    expect(run.log.match(/ {2}cluster creating, writer creating/g)).toHaveLength(1)
    expect(run.log).toMatch(/still: cluster creating, writer creating \(at most 30m\)/)
  })

  test('closes its groups when a phase fails', async () => {
    const world = await aTableWorld()
    world.cloud.aws.deny('rds:CreateDBInstance')
    const { stdout } = await world.create()
    const opened = stdout.match(/^::group::/gm) ?? []
    const closed = stdout.match(/^::endgroup::/gm) ?? []
    expect(opened.length).toBeGreaterThan(0)
    expect(closed.length).toBe(opened.length)
  })

  test('text from AWS cannot become a command of the runner', async () => {
    const world = await aTableWorld()
    world.cloud.aws.faults.add({
      operation: 'RestoreDBClusterToPointInTime',
      fault: {
        code: 'InvalidParameterValue',
        message: 'oops\n::set-output name=endpoint::evil\n##[error]no',
      },
    })
    const run = await world.create()
    expect(run.annotations.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(run.outputs).toEqual({})
    expect(run.stdout).not.toMatch(/^::set-output/m)
  })

  test('inputs that the mode does not read are one warning', async () => {
    const world = await aTableWorld()
    await world.create()
    const run = await world.destroy({ ttl: '3d', 'instance-class': 'db.r6g.large' }, { event: world.close() })
    expect(run.annotations).toContainEqual({
      level: 'warning',
      title: undefined,
      message:
        'Mode destroy does not read ttl (only auto, create, reset), instance-class (only auto, create, reset).',
    })
  })
})

describe('hold', () => {
  test.each([
    ['2026-01-01T00:00:00Z', 1],
    ['2099-01-01T00:00:00Z', 0],
    ['true', 0],
  ])('until %s: %s warnings that it protects nothing', async (hold, count) => {
    const world = await aTableWorld()
    const run = await world.create({ hold })
    expect(run.outputs['outcome']).toBe('ready')
    const warnings = run.annotations.filter(({ message }) => message.includes('protects nothing'))
    expect(warnings).toHaveLength(count)
  })
})

describe('the summary', () => {
  test('of a public repository tells no more than the comment', async () => {
    const world = await aTableWorld({ isPrivate: false })
    const run = await world.create()
    expect(run.summary).toContain('Its endpoint is in the outputs of the step.')
    expect(run.summary).not.toContain(run.outputs['endpoint'])
    expect(run.annotations).toEqual([])
  })

  test('shows the clone with its endpoint', async () => {
    const world = await aTableWorld()
    const run = await world.create()
    expect(run.summary).toContain('### ✅ Database clone is ready')
    expect(run.summary).toContain(run.outputs['endpoint'])
    expect(run.summary).toMatch(/The step took \d+/)
  })

  test('of a destroy lists what became of each clone', async () => {
    const world = await aTableWorld()
    await world.create({ 'clone-name': 'one' })
    await world.create({ 'clone-name': 'two' })
    await world.tagByHand(
      world.clones().find(({ identifier }) => identifier.includes('-two-'))?.identifier ?? '',
      {
        'aurora-clone:hold': 'true',
      },
    )
    const run = await world.destroy({}, { event: world.close() })
    expect(run.summary).toMatch(/-one-[0-9a-f]{16}` \| deleting/)
    expect(run.summary).toMatch(/-two-[0-9a-f]{16}` \| held/)
  })

  test('of a destroy that several holds forbid says so of all of them, and so does the log', async () => {
    const world = await aTableWorld()
    for (const name of ['one', 'two']) await world.create({ 'clone-name': name, hold: 'true' })
    const run = await world.destroy({}, { event: world.close() })
    const says = 'The clones are held by their tag `aurora-clone:hold`, so they were kept.'
    expect(run.summary).toContain(`### ⏭️ Skipped\n\n${says}\n`)
    expect(run.log).toContain(says)
  })

  test('says that there was nothing to do', async () => {
    const world = await aTableWorld()
    const run = await world.destroy({ 'clone-name': 'never' }, { event: world.close() })
    expect(run.summary.match(/^#+ .*$/gm)).toEqual(['### 🗑️ Nothing to destroy (`never`)'])
  })
})

describe('outside of pull requests', () => {
  test('there is neither a comment nor a look at a pull request', async () => {
    const world = await aTableWorld()
    const event = scheduleEvent(world.cloud.github, { repository: world.repository })
    const run = await world.create({ 'clone-key': 'nightly', label: '' }, { event })
    expect(run.outputs['outcome']).toBe('ready')
    expect(world.cloud.github.requests).toEqual([])
  })
})

async function listen(server: Server): Promise<number> {
  return await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** A port that nobody listens on (any more). */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('probe', () => {
  test('waits until the endpoint accepts a connection', async () => {
    const server = createServer((socket) => socket.destroy())
    const port = await listen(server)
    try {
      const world = await aWorld({ behaviour: { endpointAddress: () => ({ address: '127.0.0.1', port }) } })
      const run = await world.create({ probe: 'true' })
      expect(run.outputs).toMatchObject({ outcome: 'ready', endpoint: '127.0.0.1', port: String(port) })
    } finally {
      server.close()
    }
  })

  test('ends when nobody listens', async () => {
    const port = await closedPort()
    const world = await aWorld({ behaviour: { endpointAddress: () => ({ address: '127.0.0.1', port }) } })
    const run = await world.create({ probe: 'true', 'wait-timeout': '5m' })
    expect(run.annotations).toContainEqual({
      level: 'error',
      title: 'Timed out',
      message: expect.stringMatching(
        /The endpoint of the clone accepted no TCP connection.*ECONNREFUSED.*security groups/s,
      ),
    })
    // A public repository's logs and summaries are public.
    expect(run.stdout).not.toContain(`127.0.0.1:${port}`)
    expect(run.summary).not.toContain(`127.0.0.1:${port}`)
  })
})

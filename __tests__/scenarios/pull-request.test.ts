import { describe, expect, test } from '@jest/globals'
import {
  issueCommentEvent,
  pullRequestEvent,
  pullRequestTargetEvent,
  pushEvent,
  workflowDispatchEvent,
} from '../../local/github/events.ts'
import { LABEL, aTableWorld } from './world.ts'

const NO_CREDENTIALS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' }

describe('the number of the pull request', () => {
  test('comes from pull_request_target', async () => {
    const world = await aTableWorld()
    const event = pullRequestTargetEvent(world.cloud.github, {
      pullRequest: world.pull,
      action: 'labeled',
      label: LABEL,
    })
    expect((await world.create({}, { event })).outputs['cluster-identifier']).toContain('-pr-42-')
  })

  test('comes from a comment on a pull request', async () => {
    const world = await aTableWorld()
    const comment = world.pull.addComment({ author: 'maria', body: '/clone' })
    const event = issueCommentEvent(world.cloud.github, { pullRequest: world.pull, comment })
    expect((await world.create({}, { event })).outputs['cluster-identifier']).toContain('-pr-42-')
  })

  test.each([
    ['the input', { 'pr-number': '42' }, {}],
    ['the form of the workflow', {}, { 'pr-number': '42' }],
  ])('comes from %s of a workflow_dispatch', async (_, inputs, form) => {
    const world = await aTableWorld()
    const event = workflowDispatchEvent(world.cloud.github, { repository: world.repository, inputs: form })
    expect((await world.create(inputs, { event })).outputs['cluster-identifier']).toContain('-pr-42-')
  })

  test('is missing elsewhere, and that is said', async () => {
    const world = await aTableWorld()
    const event = pushEvent(world.cloud.github, { repository: world.repository })
    const run = await world.create({}, { event })
    expect(run.annotations).toEqual([
      {
        level: 'error',
        title: 'No pull request in context',
        message: expect.stringMatching(/event "push".*Set pr-number, or clone-key/s),
      },
    ])
    expect(world.calls()).toEqual([])
  })
})

describe('the live pull request decides, not the event', () => {
  test.each([
    ['closed meanwhile', 'pull-request-closed'],
    ['unlabelled meanwhile', 'label-missing'],
  ])('%s: nothing is created', async (what, reason) => {
    const world = await aTableWorld()
    const event = world.labeled()
    if (what === 'closed meanwhile') world.close()
    else world.unlabel()
    const run = await world.create({}, { event })
    expect(run.exitCode).toBe(0)
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': reason, endpoint: '' })
    expect(world.mutations()).toEqual([])
    expect(world.pull.comments()).toEqual([])
    expect(run.summary).toContain('Skipped')
  })

  test('a late push after the merge does not resurrect the database: what is there is removed', async () => {
    const world = await aTableWorld()
    await world.create()
    const event = world.synchronize()
    world.close()
    const run = await world.create({}, { event })
    expect(run.outputs).toMatchObject({ outcome: 'deleting', 'skip-reason': 'pull-request-closed' })
    expect(world.comment()).toContain('is being deleted')
  })

  test.each([
    ['closed', 'pull-request-closed'],
    ['unlabelled', 'label-missing'],
  ])(
    '%s while the clone is being made: seen within a minute, and the clone is removed',
    async (what, reason) => {
      const world = await aTableWorld({
        behaviour: { clusterCreatingMs: 180_000, instanceCreatingMs: 600_000 },
      })
      const run = world.create()
      await world.until(() => world.clones().length === 1)
      const at = world.cloud.clock.now()
      if (what === 'closed') world.pull.close({ merged: true })
      else world.pull.removeLabel(LABEL)
      const result = await run
      expect(result.exitCode).toBe(0)
      expect(result.outputs).toMatchObject({ outcome: 'deleting', 'skip-reason': reason })
      const seen = world.cloud.github.requests.find(
        ({ path, at: readAt }) => path.endsWith('/pulls/42') && readAt > at,
      )
      // A minute and one poll.
      expect((seen?.at ?? Number.POSITIVE_INFINITY) - at).toBeLessThanOrEqual(60_000 + 10_000)
      await world.cloud.clock.sleep(400_000)
      expect(world.clones()).toEqual([])
    },
  )

  test('another label’s clone stays when this label is taken away', async () => {
    const world = await aTableWorld({ labels: [LABEL, 'other-db'] })
    await world.create({ 'clone-name': 'one' })
    await world.create({ 'clone-name': 'two', label: 'other-db' })
    const run = await world.destroy({ label: LABEL, wait: 'true' }, { event: world.unlabel() })
    expect(run.outputs['outcome']).toBe('destroyed')
    expect(world.clone().identifier).toContain('-two-')
  })

  test('closing removes every clone, whatever label the inputs name', async () => {
    const world = await aTableWorld({ labels: [LABEL, 'other-db'] })
    await world.create({ 'clone-name': 'one' })
    await world.create({ 'clone-name': 'two', label: 'other-db' })
    await world.destroy({ label: LABEL, wait: 'true' }, { event: world.close() })
    expect(world.clones()).toEqual([])
  })

  test('a close that was taken back removes nothing', async () => {
    const world = await aTableWorld()
    await world.create()
    const event = world.close({ merged: false })
    world.pull.reopen()
    const run = await world.destroy({}, { event })
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'pull-request-open' })
    expect(world.clone().status).toBe('available')
  })

  test('a label that was put back removes nothing', async () => {
    const world = await aTableWorld()
    await world.create()
    const event = world.unlabel()
    world.pull.addLabel(LABEL)
    const run = await world.destroy({ label: LABEL }, { event })
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'pull-request-open' })
  })

  test('labels that AWS would not take in a tag stay apart', async () => {
    const world = await aTableWorld({ labels: ['db#1', 'db~1'] })
    await world.create({ 'clone-name': 'one', label: 'db#1' })
    await world.create({ 'clone-name': 'two', label: 'db~1' })
    world.pull.removeLabel('db#1')
    const event = pullRequestEvent(world.cloud.github, {
      pullRequest: world.pull,
      action: 'unlabeled',
      label: 'db#1',
    })
    await world.destroy({ label: 'db#1', wait: 'true' }, { event })
    expect(world.clone().identifier).toContain('-two-')
  })
})

describe('a pull request that cannot be read', () => {
  const faults = [
    ['not found for this token', { status: 404 }],
    ['no permission', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['an outage', { status: 502 }],
  ] as const

  test.each(faults)('%s: nothing is created', async (_, fault) => {
    const world = await aTableWorld()
    world.cloud.github.faults.add({ path: /\/pulls\/42$/, ...fault })
    const run = await world.create()
    expect(run.exitCode).toBe(1)
    expect(run.annotations).toContainEqual({
      level: 'error',
      title: 'Pull request cannot be read',
      message: expect.stringMatching(/nothing more was created or deleted.*permissions: pull-requests/s),
    })
    expect(world.mutations()).toEqual([])
  })

  test('a clone that is there is still published, and the step fails', async () => {
    const world = await aTableWorld()
    const first = await world.create()
    const before = world.mutations().length
    world.cloud.github.faults.add({ path: /\/pulls\/42$/, status: 502 })
    const run = await world.create()
    expect(run.exitCode).toBe(1)
    expect(run.outputs).toMatchObject({ outcome: 'ready', endpoint: first.outputs['endpoint'] })
    expect(world.mutations().length).toBe(before)
  })

  test('nothing is deleted', async () => {
    const world = await aTableWorld()
    await world.create()
    world.cloud.github.faults.add({ path: /\/pulls\/42$/, status: 502 })
    const before = world.mutations().length
    const run = await world.destroy({}, { event: world.close() })
    expect(run.exitCode).toBe(1)
    expect(run.annotations).toContainEqual(expect.objectContaining({ title: 'Pull request cannot be read' }))
    expect(world.mutations().length).toBe(before)
  })

  test('an outage during the wait is survived', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 400_000 } })
    const run = world.create()
    await world.until(() => world.cloud.region.instances().length === 2)
    const outage = world.cloud.github.faults.add({ path: /\/pulls\/42$/, status: 404 })
    await world.until(() => outage.hits > 0)
    outage.remove()
    const result = await run
    expect(result.outputs['outcome']).toBe('ready')
    expect(result.exitCode).toBe(0)
    expect(result.log).toContain('cannot be read at the moment: GitHub answered 404')
  })

  test('an outage that lasts: the new clone is published all the same, and the step fails', async () => {
    const world = await aTableWorld()
    const run = world.create()
    await world.until(() => world.cloud.region.instances().length === 2)
    world.cloud.github.faults.add({ path: /\/pulls\/42$/, status: 404 })
    const result = await run
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  })

  test('a repository that is not the event’s is refused before anything is asked', async () => {
    const world = await aTableWorld()
    const run = await world.create({}, { env: { GITHUB_REPOSITORY_ID: '999' } })
    expect(run.annotations).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('but the event is about repository') }),
    )
    expect(world.calls()).toEqual([])
  })
})

describe('forks and Dependabot', () => {
  test.each([
    ['a fork', { headRepository: 'fork' }, 'fork-without-credentials'],
    ['a fork that is gone', { headRepository: null }, 'fork-without-credentials'],
    ['Dependabot', { author: 'dependabot[bot]' }, 'dependabot-without-credentials'],
  ] as const)('%s without credentials is skipped with one notice', async (_, options, reason) => {
    const world = await aTableWorld(options)
    const run = await world.create({}, { env: NO_CREDENTIALS })
    expect(run.exitCode).toBe(0)
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': reason })
    expect(run.annotations.map(({ level }) => level)).toEqual(['notice'])
    expect(world.calls()).toEqual([])
    expect(world.cloud.github.requests).toEqual([])
  })

  test('a fork with an OIDC token but no credentials is a mistake of the workflow', async () => {
    const world = await aTableWorld({ headRepository: 'fork' })
    const run = await world.create(
      {},
      { env: { ...NO_CREDENTIALS, ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.example' } },
    )
    expect(run.exitCode).toBe(1)
    expect(run.annotations).toContainEqual(expect.objectContaining({ title: 'Missing AWS credentials' }))
  })

  test.each(['fork', null] as const)('a fork (%s) with credentials is refused', async (headRepository) => {
    const world = await aTableWorld({ headRepository })
    const event = pullRequestTargetEvent(world.cloud.github, {
      pullRequest: world.pull,
      action: 'labeled',
      label: LABEL,
    })
    const run = await world.create({}, { event })
    expect(run.annotations).toEqual([
      { level: 'error', title: 'Fork refused', message: expect.stringContaining('allow-forks: true') },
    ])
    expect(world.mutations()).toEqual([])
  })

  test('also through a comment, whose payload does not tell', async () => {
    const world = await aTableWorld({ headRepository: 'fork' })
    const comment = world.pull.addComment({ author: 'stranger', body: '/clone' })
    const event = issueCommentEvent(world.cloud.github, { pullRequest: world.pull, comment })
    const run = await world.create({}, { event })
    expect(run.annotations).toContainEqual(expect.objectContaining({ title: 'Fork refused' }))
    expect(world.mutations()).toEqual([])
  })

  test('allow-forks allows it, and destroying needs no leave', async () => {
    const world = await aTableWorld({ headRepository: 'fork' })
    const run = await world.create({ 'allow-forks': 'true' })
    expect(run.outputs['outcome']).toBe('ready')
    const closed = await world.destroy({}, { event: world.close() })
    expect(closed.outputs['outcome']).toBe('deleting')
  })

  test('Dependabot with credentials is a pull request like any other', async () => {
    const world = await aTableWorld({ author: 'dependabot[bot]' })
    expect((await world.create()).outputs['outcome']).toBe('ready')
  })
})

describe('identity', () => {
  test('a repository that was renamed still finds its own', async () => {
    const world = await aTableWorld()
    const first = await world.create()
    world.repository.rename('boutique')
    const run = await world.create()
    expect(run.outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
      'cluster-identifier': first.outputs['cluster-identifier'],
    })
    const closed = await world.destroy({}, { event: world.close() })
    expect(closed.outputs['outcome']).toBe('deleting')
  })

  test('a source that was renamed is still the same source', async () => {
    const world = await aTableWorld()
    await world.create()
    await world.renameByHand('orders', 'orders-2')
    const run = await world.create({ 'source-cluster': 'orders-2' })
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
  })

  test('the source may be named by its ARN', async () => {
    const world = await aTableWorld()
    const arn = world.cloud.region.cluster('orders')?.arn ?? ''
    const run = await world.create({ 'source-cluster': arn })
    expect(run.outputs['outcome']).toBe('ready')
    expect(world.clone().tags['aurora-clone:source']).toBe('orders')
  })

  test('enterprise servers that share an AWS account are kept apart', async () => {
    const world = await aTableWorld({ githubBasePath: '/api/v3', githubServerUrl: 'https://ghe.example.com' })
    const here = await world.create()
    const there = await world.create({}, { env: { GITHUB_SERVER_URL: 'https://github.com' } })
    expect(here.outputs['outcome']).toBe('ready')
    expect(there.outputs['cluster-identifier']).not.toBe(here.outputs['cluster-identifier'])
    expect(world.cloud.github.requests.some(({ path }) => path.includes('graphql'))).toBe(true)
    await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(world.clone().tags['aurora-clone:server']).toBe('github.com')
  })

  test.each([
    ['digits-first', '2026.Q4_Billing.API', /^clone-pr-42-2026-q4-billing-api-[0-9a-f]{16}$/],
    ['long', `${'very-'.repeat(18)}long`, /^clone-pr-42-(?:very-)+[a-z]*-?[0-9a-f]{16}$/],
    ['nothing but dots', '...x', /^clone-pr-42-x-[0-9a-f]{16}$/],
  ])('awkward repository names make good identifiers: %s', async (_, repositoryName, expected) => {
    const world = await aTableWorld({ repositoryName })
    const run = await world.create({ wait: 'false' })
    expect(run.outputs['cluster-identifier']).toMatch(expected)
    expect(run.outputs['cluster-identifier']?.length).toBeLessThanOrEqual(60)
  })
})

describe('events that are not about the owner of the clones', () => {
  test('the close of a pull request destroys a clone with a key of its own, when that is asked for', async () => {
    const world = await aTableWorld()
    const key = { 'clone-key': 'feature-x', label: '' }
    await world.create(key)
    const run = await world.destroy({ 'clone-key': 'feature-x' }, { event: world.close() })
    expect(run.outputs['outcome']).toBe('deleting')
  })

  test('another pull request’s event says nothing about the one that pr-number names', async () => {
    const world = await aTableWorld()
    const other = world.repository.pullRequest({ number: 43, labels: [] })
    await world.create()
    const event = pullRequestEvent(world.cloud.github, { pullRequest: other, action: 'opened' })
    const run = await world.destroy(
      { 'pr-number': '42' },
      { event: { ...event, payload: { ...event.payload, action: 'closed' } } },
    )
    expect(run.outputs['outcome']).toBe('deleting')
  })
})

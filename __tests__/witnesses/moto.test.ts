import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inputDefaults } from '../../local/action-metadata.ts'
import { ScaledClock } from '../../local/time/scaled-clock.ts'
import { type WorkflowEvent, pullRequestEvent } from '../../local/github/events.ts'
import { type GitHubServer, startGitHubServer } from '../../local/github/server.ts'
import type { PullRequest } from '../../local/github/state.ts'
import { type StepResult, playStep } from '../../local/runner/step.ts'
import { type Moto, startMoto } from './moto.ts'
import { FIRST_USE_TIMEOUT_MS } from './python.ts'
import { ON_SCALED_TIME } from '../../local/time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const LABEL = 'clone-db'
const SOURCE = 'orders'

interface SeenInstance {
  readonly identifier: string
  readonly resourceId: string
  readonly tags: Readonly<Record<string, string>>
}

interface SeenCluster extends SeenInstance {
  readonly endpoint: string
  readonly port: number
  readonly instances: readonly SeenInstance[]
}

/** What account_now.py prints. */
interface Seen {
  readonly clusters: readonly SeenCluster[]
  readonly instances: readonly string[]
}

let moto: Moto
let github: GitHubServer
let pull: PullRequest
let token: string
// moto's time is real: the SDK takes a clock that drifts away faster for a wrong one, and repeats what is refused.
// The limit of a call, 30 seconds, is 8 real ones: moto answers slowly on a busy machine.
const clock = new ScaledClock({ speed: 4 })

beforeEach(async () => {
  moto = await startMoto()
  github = await startGitHubServer({ clock, serverUrl: 'https://github.com' })
  pull = github
    .repository({ owner: 'acme', name: 'shop', id: 4_200, private: true })
    .pullRequest({ number: 42, labels: [LABEL] })
  token = github.token({
    login: 'github-actions[bot]',
    type: 'Bot',
    permissions: { 'pull-requests': 'write' },
  })
  await moto.client.run('moto_source.py', { cluster: SOURCE })
}, FIRST_USE_TIMEOUT_MS)

afterEach(async () => {
  await moto.close()
  await github.close()
})

const labeled = (): WorkflowEvent =>
  pullRequestEvent(github, { pullRequest: pull, action: 'labeled', label: LABEL })

async function play(
  workflowEvent: WorkflowEvent,
  inputs: Readonly<Record<string, string>>,
): Promise<StepResult> {
  const result = await playStep({
    script: join(ROOT, 'dist', 'index.js'),
    event: workflowEvent,
    github,
    token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs,
    env: {
      AWS_ENDPOINT_URL_RDS: moto.url,
      AWS_ENDPOINT_URL_STS: moto.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAACTION0000000001',
      AWS_SECRET_ACCESS_KEY: 'action',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...clock.environment(),
    },
    nodeFlags: ON_SCALED_TIME,
    // A busy machine takes several times as long as a quiet one.
    timeoutMs: 300_000,
  })
  if (result.exitCode !== 0)
    throw new Error(`mode ${inputs['mode'] ?? ''} failed:\n${result.log}\n${result.stderr}`)
  return result
}

/** The account as boto3 sees it: the source, as it always was, and the rest. */
async function look(): Promise<{
  readonly source: unknown
  readonly others: readonly SeenCluster[]
  readonly seen: Seen
}> {
  const seen = await moto.client.run<Seen>('account_now.py')
  return {
    source: seen.clusters.find(({ identifier }) => identifier === SOURCE),
    others: seen.clusters.filter(({ identifier }) => identifier !== SOURCE),
    seen,
  }
}

const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL }
const CLONE = 'clone-pr-42-shop-8b540f896d9d0b71'
const OWNERSHIP = {
  'aurora-clone:version': '1',
  'aurora-clone:cluster': CLONE,
  'aurora-clone:server': 'github.com',
  'aurora-clone:repository-id': '4200',
  'aurora-clone:key': 'pr-42',
  'aurora-clone:name': '-',
  'aurora-clone:generation': '-',
}

test('moto is left with a clone after create, the same one after a push, and none after destroy', async () => {
  const before = await look()
  expect(before.others).toEqual([])

  const created = await play(labeled(), { ...CREATE, wait: 'false' })
  expect(created.outputs).toMatchObject({ created: 'true', 'cluster-identifier': CLONE })
  const afterCreate = await look()
  expect(afterCreate.source).toEqual(before.source)
  expect(afterCreate.others).toEqual([
    expect.objectContaining({
      identifier: CLONE,
      tags: expect.objectContaining({ ...OWNERSHIP, 'aurora-clone:source': SOURCE, Environment: 'PR-42' }),
      members: [`${CLONE}-1`],
      instances: [
        expect.objectContaining({
          identifier: `${CLONE}-1`,
          class: 'db.serverless',
          tags: expect.objectContaining(OWNERSHIP),
        }),
      ],
    }),
  ])
  const [clone] = afterCreate.others

  const waited = await play(labeled(), { mode: 'wait' })
  expect(waited.outputs).toMatchObject({
    outcome: 'ready',
    endpoint: clone?.endpoint,
    port: String(clone?.port),
    'cluster-resource-id': clone?.resourceId,
  })
  const afterWait = await look()
  expect(afterWait.others).toMatchObject([
    { identifier: CLONE, tags: { 'aurora-clone:ready-at': expect.stringMatching(/Z$/) } },
  ])

  const pushed = await play(
    pullRequestEvent(github, { pullRequest: pull, action: 'synchronize', ...pull.push() }),
    CREATE,
  )
  expect(pushed.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
  const afterPush = await look()
  expect(afterPush.source).toEqual(before.source)
  expect(afterPush.others).toMatchObject([
    {
      identifier: CLONE,
      resourceId: clone?.resourceId,
      tags: OWNERSHIP,
      instances: [{ resourceId: clone?.instances[0]?.resourceId }],
    },
  ])
  expect(afterPush.others[0]?.tags['aurora-clone:expires-at']).not.toBe(
    clone?.tags['aurora-clone:expires-at'],
  )

  pull.close({ merged: true })
  const destroyed = await play(pullRequestEvent(github, { pullRequest: pull, action: 'closed' }), {
    mode: 'destroy',
    'source-cluster': SOURCE,
    label: LABEL,
    wait: 'true',
  })
  expect(destroyed.outputs).toMatchObject({ outcome: 'destroyed' })
  const afterDestroy = await look()
  expect(afterDestroy.source).toEqual(before.source)
  expect(afterDestroy.others).toEqual([])
  expect(afterDestroy.seen.instances).toEqual([`${SOURCE}-1`])
})

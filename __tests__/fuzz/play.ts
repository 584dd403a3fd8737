import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inputDefaults } from '../../local/action-metadata.ts'
import type { InjectedFault } from '../../local/aurora/fault-injection.ts'
import { modifyDBCluster } from '../../local/aurora/cluster-modification.ts'
import type { AuroraRegion } from '../../local/aurora/region.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import { type AuroraServer, startAuroraServer } from '../../local/aurora/server.ts'
import { addTagsToResource } from '../../local/aurora/tags.ts'
import {
  type WorkflowEvent,
  issueCommentEvent,
  pullRequestEvent,
  pushEvent,
  scheduleEvent,
  workflowDispatchEvent,
} from '../../local/github/events.ts'
import { type GitHubServer, startGitHubServer } from '../../local/github/server.ts'
import type { PullRequest } from '../../local/github/state.ts'
import { type StepResult, playStep } from '../../local/runner/step.ts'
import { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { parseDurationMs } from '../../src/duration.ts'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { playInProcess } from '../scenarios/in-process.ts'
import { type AwsFaultCase, type FuzzCase, type Rewrite, SECRETS } from './cases.ts'
import { CLONE, type Fixture, RENAMED, putFixture } from './fixture.ts'

const REGION = 'eu-west-1'
const LABEL = 'clone-db'
const DEFAULTS = inputDefaults(join(import.meta.dirname, '..', '..', 'action.yml'))
const DAY_MS = 24 * 3_600_000
const STUCK_AFTER_MS = 2 * DAY_MS
/** A little more than the client's own patience. */
const GITHUB_STALL_MS = 10_001

/** One directory for all cases: to make and remove some for each takes longer than to play it. */
const SCRATCH = join(tmpdir(), `fuzz-${String(process.pid)}`)

export function removeScratch(): void {
  rmSync(SCRATCH, { recursive: true, force: true })
}

/** What a person did to the clone, before this many requests had come to AWS. */
export interface HandAct {
  readonly act: FuzzCase['hand'][number]['act']
  readonly before: number
}

/** A case and what came of it. */
export interface Played {
  readonly fuzz: FuzzCase
  readonly result: StepResult
  readonly requests: readonly AwsRequestRecord[]
  /** Bodies of comments as they were sent. */
  readonly comments: readonly string[]
  readonly fixture: Fixture
  readonly region: AuroraRegion
  readonly hand: readonly HandAct[]
  readonly rejections: readonly unknown[]
  /** It waited for what never came. */
  readonly isStuck: boolean
  readonly elapsedMs: number
  readonly limitMs: number
  readonly secrets: readonly string[]
}

/** Plays one case against the local cloud, in this process and on a clock of its own. */
export async function play(fuzz: FuzzCase): Promise<Played> {
  const time = new SimulatedClock()
  const startedAtMs = time.now()
  const behaviour = { clusterCreatingMs: 60_000, instanceCreatingMs: 120_000, deletingMs: 90_000 }
  const aws = await startAuroraServer({ clock: time, behaviour: { ...behaviour, ...fuzz.behaviour } })
  const github = await startGitHubServer({ clock: time, serverUrl: 'https://github.com' })
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => {
    rejections.push(reason)
  }
  process.on('unhandledRejection', onRejection)
  try {
    const region = aws.region(REGION)
    const fixture = putFixture(region, fuzz)
    const pull = pullRequestOf(github, fuzz)
    const token = github.token({
      login: 'github-actions[bot]',
      type: 'Bot',
      permissions: { 'pull-requests': 'write' },
    })
    const event = eventOf(github, { pull, fuzz })
    if (fuzz.isClosed) pull.close({ merged: true })
    breakAws(aws, fuzz)
    breakGitHub(github, { fuzz, token })
    const hand = lendAHand({ aws, github, region, pull, fuzz, time })
    let isStuck = false
    const ended = new AbortController()
    void time.sleep(STUCK_AFTER_MS, { signal: ended.signal }).then(
      () => {
        isStuck = true
        // Without a server every call ends, and so does the run.
        return Promise.all([aws.close(), github.close()])
      },
      () => undefined,
    )
    const result = await playStep({
      script: 'src/main.ts',
      inProcess: playInProcess(time),
      event,
      github,
      token,
      inputDefaults: DEFAULTS,
      inputs: { mode: fuzz.mode, 'source-cluster': 'orders', 'poll-interval': '1m', ...fuzz.inputs },
      env: environmentOf(aws, fuzz),
      timeoutMs: 2 * STUCK_AFTER_MS,
      home: SCRATCH,
      workspace: SCRATCH,
      runnerTemp: SCRATCH,
    }).finally(() => {
      ended.abort()
    })
    return {
      fuzz,
      result,
      requests: aws.requests,
      comments: github.requests.flatMap(({ method, path, body }) =>
        method !== 'GET' && path.includes('/comments') ? [commentIn(body)] : [],
      ),
      fixture,
      region,
      hand,
      rejections,
      isStuck,
      elapsedMs: time.now() - startedAtMs,
      limitMs: parseDurationMs(fuzz.inputs['wait-timeout'] ?? '30m') ?? 0,
      secrets: [token, SECRETS.secretKey, SECRETS.sessionToken, encodeURIComponent(SECRETS.sessionToken)],
    }
  } finally {
    process.off('unhandledRejection', onRejection)
    await Promise.all([aws.close(), github.close()])
    await time.close()
  }
}

function commentIn(body: unknown): string {
  const text = (body as { readonly body?: unknown } | undefined)?.body
  return typeof text === 'string' ? text : ''
}

function environmentOf({ url }: AuroraServer, { credentials }: FuzzCase): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_RDS: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(credentials === 'none'
      ? {}
      : { AWS_ACCESS_KEY_ID: 'ASIALOCALCLOUD000001', AWS_SECRET_ACCESS_KEY: SECRETS.secretKey }),
    ...(credentials === 'all' ? { AWS_SESSION_TOKEN: SECRETS.sessionToken } : {}),
  }
}

function pullRequestOf(github: GitHubServer, { labels, isFork, isPrivate }: FuzzCase): PullRequest {
  const repository = github.repository({ owner: 'acme', name: 'shop', id: 4_200, private: isPrivate })
  return repository.pullRequest({
    number: 42,
    labels: [...new Set(labels)],
    headRepository: isFork ? 'fork' : 'same',
  })
}

function eventOf(
  github: GitHubServer,
  { pull, fuzz }: { readonly pull: PullRequest; readonly fuzz: FuzzCase },
): WorkflowEvent {
  const { repository } = pull
  const [label = LABEL] = fuzz.labels
  const onSchedule = (): WorkflowEvent => scheduleEvent(github, { repository })
  const events: Readonly<Record<FuzzCase['event'], () => WorkflowEvent>> = {
    labeled: () => pullRequestEvent(github, { pullRequest: pull, action: 'labeled', label }),
    unlabeled: () => pullRequestEvent(github, { pullRequest: pull, action: 'unlabeled', label }),
    closed: () => pullRequestEvent(github, { pullRequest: pull, action: 'closed' }),
    synchronize: () => {
      const { before, after } = pull.push()
      return pullRequestEvent(github, { pullRequest: pull, action: 'synchronize', before, after })
    },
    schedule: onSchedule,
    push: () => pushEvent(github, { repository }),
    workflow_dispatch: () => workflowDispatchEvent(github, { repository, inputs: { 'pr-number': '42' } }),
    issue_comment: () => {
      const comment = pull.addComment({ author: 'octocat', body: label })
      return issueCommentEvent(github, { pullRequest: pull, comment })
    },
    garbage: () => ({
      ...onSchedule(),
      payload: { pull_request: 42, repository: [label], label: { name: [] }, inputs: 'x', action: 7 },
    }),
  }
  return events[fuzz.event]()
}

// What goes wrong.

function breakAws(aws: AuroraServer, { aws: troubles }: FuzzCase): void {
  for (const { operation, skip, times, fault } of troubles) {
    let seen = 0
    aws.faults.add({
      operation,
      times,
      when() {
        seen += 1
        return seen > skip
      },
      fault: faultOf(fault),
    })
  }
}

function faultOf(fault: AwsFaultCase): InjectedFault {
  switch (fault.kind) {
    case 'refusal':
      return { code: fault.code, message: fault.message, httpStatus: fault.httpStatus }
    case 'strange':
      return fault.answer
    case 'wire':
      return fault.fault
    case 'rewrite':
      return { rewrite: REWRITES[fault.rewrite] }
  }
}

const without =
  (...names: readonly string[]) =>
  (body: string): string =>
    names.reduce((text, name) => text.replaceAll(new RegExp(`<${name}>.*?</${name}>`, 'gs'), ''), body)
const replaced =
  (name: string, value: string) =>
  (body: string): string =>
    body.replaceAll(new RegExp(`<${name}>[^<]*</${name}>`, 'g'), `<${name}>${value}</${name}>`)
const ODD_TEXT = '&#10;::error::pwned &lt;img src=x&gt; ##[error]pwned `code`|[a](https://example.com)'

/** Answers that lack something or say something odd; none of them makes a cluster look more like a clone than it is. */
const REWRITES: Readonly<Record<Rewrite, (body: string) => string>> = {
  'no-tags': without('TagList'),
  'no-create-time': without('ClusterCreateTime'),
  'late-create-time': replaced('ClusterCreateTime', '2030-01-01T00:00:00Z'),
  'no-status': without('Status', 'DBInstanceStatus'),
  'odd-status': replaced('Status', 'constructor'),
  'no-resource-id': without('DbClusterResourceId'),
  'no-members': without('DBClusterMembers'),
  'no-identifier': without('DBClusterIdentifier', 'DBInstanceIdentifier'),
  'foreign-identifier': replaced('DBClusterIdentifier', 'prod-billing'),
  'no-clusters': without('DBClusters', 'DBInstances'),
  half: (body) => body.slice(0, body.length / 2),
  twice: (body) => body.replace(/(<DBCluster>.*<\/DBCluster>)/s, '$1$1'),
  'odd-text': (body) =>
    ['DatabaseName', 'MasterUsername', 'Endpoint', 'EngineVersion', 'Message'].reduce(
      (text, name) => replaced(name, ODD_TEXT)(text),
      body,
    ),
}

const PATHS: Readonly<Record<FuzzCase['github'][number]['path'], RegExp>> = {
  pull: /\/pulls\/\d+$/,
  pulls: /\/pulls$/,
  comments: /comments/,
  labels: /labels/,
  graphql: /graphql/,
  any: /./,
}

function breakGitHub(
  github: GitHubServer,
  { fuzz, token }: { readonly fuzz: FuzzCase; readonly token: string },
): void {
  for (const { path, times, fault } of fuzz.github) {
    const where = { path: PATHS[path], times }
    switch (fault.kind) {
      case 'status':
        github.faults.add({ ...where, status: fault.status })
        break
      case 'drop':
        github.faults.add({ ...where, status: 'drop' })
        break
      case 'body':
        github.faults.add({
          ...where,
          status: fault.status,
          body: JSON.parse(JSON.stringify(fault.body).replaceAll(SECRETS.token, token)) as unknown,
        })
        break
      case 'stall':
        break
    }
  }
}

interface Scene {
  readonly aws: AuroraServer
  readonly github: GitHubServer
  readonly region: AuroraRegion
  readonly pull: PullRequest
  readonly fuzz: FuzzCase
  readonly time: SimulatedClock
}

/** People act while a request is on its way: what they do, its answer shows. GitHub may be slow, too. */
function lendAHand({ aws, github, region, pull, fuzz, time }: Scene): readonly HandAct[] {
  const done: HandAct[] = []
  const count = { GitHub: 0, AWS: 0 }
  const come = (of: 'GitHub' | 'AWS'): void => {
    count[of] += 1
    for (const { act, of: where, nth } of fuzz.hand) {
      if (where !== of || nth !== count[of]) continue
      if (doByHand(act, { region, pull })) done.push({ act, before: aws.requests.length })
    }
  }
  const stalls = fuzz.github
    .filter(({ fault }) => fault.kind === 'stall')
    .map(({ path, times }) => ({ path: PATHS[path], left: times }))
  aws.hooks.beforeApply = ({ operation }) => {
    if (operation === 'DescribeDBClusters') come('AWS')
  }
  github.hooks.beforeHandling = async ({ path }) => {
    come('GitHub')
    const stall = stalls.find(({ path: where, left }) => left > 0 && where.test(path))
    if (stall === undefined) return
    stall.left -= 1
    await time.sleep(GITHUB_STALL_MS)
  }
  return done
}

/** Whether it could be done: AWS refuses some of it in some states. */
function doByHand(act: HandAct['act'], { region, pull }: Pick<Scene, 'region' | 'pull'>): boolean {
  const clone = region.cluster(CLONE)
  try {
    switch (act) {
      case 'close':
        if (pull.state === 'open') pull.close({ merged: false })
        return true
      case 'reopen':
        if (pull.state === 'closed' && !pull.merged) pull.reopen()
        return true
      case 'unlabel':
        if (pull.labels.some(({ name }) => name === LABEL)) pull.removeLabel(LABEL)
        return true
      case 'hold':
        addTagsToResource(
          { ResourceName: clone?.arn, Tags: [{ Key: TAG.hold, Value: 'true' }] },
          region.moment(),
        )
        return true
      case 'protect':
        modifyDBCluster({ DBClusterIdentifier: CLONE, DeletionProtection: true }, region.moment())
        return true
      case 'rename':
      case 'swap':
        modifyDBCluster(
          { DBClusterIdentifier: CLONE, NewDBClusterIdentifier: RENAMED, ApplyImmediately: true },
          region.moment(),
        )
        if (act === 'swap') region.seedCluster({ identifier: CLONE, tags: { Owner: 'anna' }, instances: [] })
        return true
    }
  } catch {
    return false
  }
}

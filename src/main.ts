import { checkAccount } from './aurora/api/account.ts'
import type { AwsRun } from './aurora/api/aws-run.ts'
import { AwsTime } from './aurora/api/aws-time.ts'
import { type ClientOptions, createRdsClients } from './aurora/api/client.ts'
import { DataApi } from './aurora/api/data-api.ts'
import { asFailure } from './aurora/api/explain.ts'
import type { ResetRequests } from './aurora/clone/reset-requests.ts'
import { watchSignals } from './cancellation.ts'
import { type Clock, systemClock } from './clock.ts'
import { INPUTS } from './contract.ts'
import { formatDuration } from './duration.ts'
import { escapeMarkdown } from './escape.ts'
import { Failure } from './failure.ts'
import { type GitHubContext, readGitHubContext } from './github/context.ts'
import { labelsOn, repositoryLabels } from './github/labels.ts'
import {
  NO_PULL_REQUEST,
  type PullRequestOptions,
  livePullRequest,
  livePullRequests,
} from './github/pull-request.ts'
import { type CloneModeInputs, type Inputs, ignoredInputs, readInputs } from './inputs.ts'
import { auto } from './modes/auto.ts'
import type { CloneOwner, CloneRun, Run } from './modes/context.ts'
import { create } from './modes/create.ts'
import { destroy } from './modes/destroy.ts'
import {
  detailsOf,
  ownerOfRun,
  refuseToTellOthers,
  repositoryIdOf,
  serverOf,
  skipWithoutCredentials,
} from './modes/owner.ts'
import { publish as publishClone } from './modes/publish.ts'
import { sweep } from './modes/sweep.ts'
import { wait } from './modes/wait.ts'
import type { CloneReport, Details, Outcome } from './outcome.ts'
import { CommentBoard } from './report/comment-board.ts'
import { COMMENT_LIMIT_MS, publish } from './report/publish.ts'
import { SHORTEST_OF_AWS, failStep, log, maskSecrets, readEvent, readInput, secrets } from './runner.ts'
import { isHeld, holdOf } from './tag-value.ts'
import { VERSION } from './version.ts'

/**
 * One run of the action, from the runner's environment to its outputs. Only this function fails the step. `leavesCalls`: calls
 * may still be unanswered and must not be waited for: the run was cancelled, its time limit expired, or a comment is being written.
 */
export async function run({ clock = systemClock }: Readonly<{ clock?: Clock }> = {}): Promise<
  Readonly<{ leavesCalls: boolean }>
> {
  const startedAtMs = clock.now()
  const cancellation = watchSignals()
  const { signal } = cancellation
  const told = new Told()
  let failure: Failure | undefined
  try {
    maskSecrets()
    const context = readGitHubContext(process.env, readEvent())
    let outcome: Outcome | undefined
    try {
      outcome = await Promise.race([act({ context, clock, startedAtMs, signal, told }), cancellation.overdue])
      failure = outcome.failure
    } catch (error) {
      failure = asFailure(error)
    }
    const { clone, board, details } = told
    const elapsedMs = clock.now() - startedAtMs
    await publish({ outcome, clone, board, details, failure, cancelled: signal.aborted, elapsedMs })
  } catch (error) {
    failure ??= asFailure(error)
  } finally {
    cancellation.end()
  }
  if (failure !== undefined) failStep(failure)
  return { leavesCalls: signal.aborted || told.isOverdue || told.board?.isWriting === true }
}

/** What users have been told so far, and how much they may be told. */
class Told {
  clone: CloneReport | undefined
  board: CommentBoard | undefined
  details: Details = 'minimal'
  /** The time limit expired before the run ended by itself. */
  isOverdue = false
}

interface Act {
  readonly context: GitHubContext
  readonly clock: Clock
  readonly startedAtMs: number
  readonly signal: AbortSignal
  readonly told: Told
}

async function act(run: Act): Promise<Outcome> {
  const inputs = readInputs(readInput, process.env)
  warnIgnored(inputs)
  warnPastHold(inputs, run.clock.now())
  return await withinLimit(run, inputs, (deadline) => playMode(run, inputs, deadline))
}

/** Time to finish after `wait-timeout` has expired. */
const LIMIT_GRACE_MS = 30_000

/** Modes check their limit between calls. This stops a call that never ends. */
async function withinLimit(
  { clock, startedAtMs, told }: Act,
  { waitTimeoutMs }: Inputs,
  work: (deadline: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const [deadline, done] = [new AbortController(), new AbortController()]
  const overdue = Promise.withResolvers<never>()
  const watch = async (): Promise<void> => {
    await clock.sleep(startedAtMs + waitTimeoutMs + LIMIT_GRACE_MS - clock.now(), done.signal)
    if (done.signal.aborted) return
    told.isOverdue = true
    deadline.abort()
    overdue.reject(
      new Failure({
        title: 'Timed out',
        what: `The run did not end within ${formatDuration(waitTimeoutMs)}: AWS or GitHub did not finish an answer.`,
        remedy: 'Run again: it continues from what AWS has.',
      }),
    )
  }
  void watch()
  try {
    return await Promise.race([work(deadline.signal), overdue.promise])
  } finally {
    done.abort()
  }
}

async function playMode(act: Act, inputs: Inputs, deadline: AbortSignal): Promise<Outcome> {
  const { context } = act
  const place = { server: serverOf(context), repositoryId: repositoryIdOf(context) }
  const { aws, client } = connectAws(act, inputs, deadline)
  if (inputs.mode === 'sweep') {
    if (inputs.scope === 'account') refuseToTellOthers(context, inputs)
    await checkAllowedAccount(client, inputs)
    const { github, ...run } = runOf(act, inputs, aws)
    const announceExpiry = (clone: CloneReport): void => act.told.board?.announceExpiry(clone)
    return await sweep({ ...run, ...place, pullRequests: livePullRequests(github), announceExpiry }, inputs)
  }
  const owner = { ...place, ...ownerOfRun(context, inputs) }
  const skip = await skipWithoutCredentials(context, inputs, () => aws.rds.config.credentials())
  if (skip !== undefined) return { outcome: 'skipped', skipReason: skip }
  await checkAllowedAccount(client, inputs)
  return await playCloneMode(cloneRunOf(act, runOf(act, inputs, aws), owner), inputs)
}

async function playCloneMode(run: CloneRun, inputs: CloneModeInputs): Promise<Outcome> {
  switch (inputs.mode) {
    case 'auto':
      return await auto(run, inputs)
    case 'create':
    case 'reset':
      return await create(run, inputs)
    case 'wait':
      return await wait(run, inputs)
    case 'publish':
      return await publishClone(run, inputs)
    case 'destroy':
      return await destroy(run, inputs)
  }
}

function connectAws(
  { clock, signal }: Act,
  { region }: Inputs,
  deadline: AbortSignal,
): Readonly<{ aws: AwsRun; client: ClientOptions }> {
  const client: ClientOptions = {
    region,
    userAgent: ['aurora-clone-action', VERSION],
    env: process.env,
    deadline,
    mask: (secret) => {
      secrets.add(secret, SHORTEST_OF_AWS)
    },
  }
  const { rds, once } = createRdsClients({ ...client, signal })
  const dataApi = new DataApi({ ...client, signal })
  const time = new AwsTime(clock, warnSkew)
  time.readFrom(rds)
  time.readFrom(once)
  return { client, aws: { rds, once, dataApi, awsNow: time.now, clock, log, signal } }
}

async function checkAllowedAccount(client: ClientOptions, { allowedAccountIds }: Inputs): Promise<void> {
  if (allowedAccountIds.length === 0) return
  const { account, arn } = await checkAccount({ ...client, allowedAccountIds })
  log.info(`AWS account ${account} as ${arn}`)
}

function runOf(
  { context, clock, startedAtMs, told }: Act,
  inputs: Inputs,
  aws: AwsRun,
): Run & { readonly github: PullRequestOptions } {
  const connect = lazily(async () => {
    const { connectGitHub } = await import('./github/api.ts')
    return connectGitHub(context, inputs.githubToken)
  })
  const details = detailsOf(context, inputs)
  told.details = details
  if (inputs.comment)
    told.board = new CommentBoard({
      connect,
      details,
      runUrl: context.runUrl,
      region: inputs.region,
      hide: (text) => secrets.hide(text, escapeMarkdown),
      warn: (message) => {
        log.warning(message)
      },
    })
  return {
    aws,
    region: inputs.region,
    announce(clone) {
      told.clone = clone
      told.board?.show(clone)
    },
    labels: repositoryLabels(connect),
    startedAtMs,
    github: { clock, connect, repository: context.repository },
  }
}

function cloneRunOf(
  { context, signal, told }: Act,
  { github, ...run }: ReturnType<typeof runOf>,
  owner: CloneOwner,
): CloneRun {
  const { number } = owner
  const isOfEvent = number !== undefined && context.pullRequest?.number === number
  return {
    ...run,
    owner,
    repositoryFullName: `${context.repository.owner}/${context.repository.name}`,
    repositoryName: context.repository.name,
    // An event of another pull request, or of an issue, says nothing about these clones.
    event: isOfEvent
      ? { action: context.eventAction, label: context.eventLabel }
      : { action: '', label: undefined },
    pullRequest: number === undefined ? NO_PULL_REQUEST : livePullRequest({ ...github, number }),
    labelsOn: labelsOn(github.connect, number ?? 0),
    resetRequest: resetRequestOf(context),
    expect(clone) {
      told.clone = clone
      told.board?.expect(clone)
    },
    retireOthers(identityHashes) {
      if (number !== undefined) told.board?.retireOthers(number, identityHashes)
    },
    workflowRun: context.runId,
    async readFiles(patterns) {
      const request = { patterns, signal }
      // The check-out of a pull request's event is its author's.
      if (number === undefined && context.pullRequest === undefined) {
        const { readWorkspaceFiles } = await import('./workspace-files.ts')
        return await readWorkspaceFiles(process.env['GITHUB_WORKSPACE'], request)
      }
      const { readRepositoryFiles } = await import('./github/files.ts')
      return await readRepositoryFiles(await github.connect(), context.repository, request)
    },
    async told() {
      await told.board?.settle(COMMENT_LIMIT_MS)
      return told.board !== undefined
    },
  }
}

/** A comment asks once, however often its workflow runs. */
function resetRequestOf({ commentId, runId }: GitHubContext): ResetRequests {
  return commentId === undefined ? { run: runId } : { comment: commentId }
}

function warnSkew(aheadMs: number): void {
  const off = formatDuration(Math.abs(aheadMs))
  log.warning(
    `The clock of this runner is ${off} ${aheadMs > 0 ? 'behind' : 'ahead of'} AWS's. Times in tags, and deletions by time, use AWS's clock.`,
  )
}

function warnIgnored({ mode }: Inputs): void {
  const ignored = ignoredInputs(readInput, mode)
  if (ignored.length > 0)
    log.warning(
      `Mode ${mode} does not read ${ignored.map((name) => `${name} (only ${INPUTS[name].modes.join(', ')})`).join(', ')}.`,
    )
}

/** A past time is no failure: it may stand in a workflow for years, and clones must still be removed. */
function warnPastHold(inputs: Inputs, nowMs: number): void {
  const text = 'hold' in inputs ? inputs.hold : undefined
  const hold = holdOf(text)
  if (Number.isFinite(hold.untilMs) && !isHeld(hold, nowMs))
    log.warning(`The time of the input hold, ${hold.text}, has passed: it protects nothing.`)
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

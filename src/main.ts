import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import { checkAccount } from './aurora/account.ts'
import { createRdsClient } from './aurora/client.ts'
import { asFailure } from './aurora/explain.ts'
import { pullRequestKey } from './aurora/identity.ts'
import { type Clock, systemClock } from './clock.ts'
import { INPUTS, type SkipReason } from './contract.ts'
import { Cancelled, Failure, messageOf } from './failure.ts'
import { type GitHubContext, readGitHubContext } from './github/context.ts'
import { NO_PULL_REQUEST, livePullRequest } from './github/pull-request.ts'
import { type Inputs, type ReadInput, ignoredInputs, parsePullRequestNumber, readInputs } from './inputs.ts'
import type { Log } from './log.ts'
import { create } from './modes/create.ts'
import { destroy } from './modes/destroy.ts'
import type { CloneOwner, ModeContext } from './modes/mode-context.ts'
import { wait } from './modes/wait.ts'
import type { CloneReport, Outcome } from './outcome.ts'
import { type Details, renderSummary, skipSentence } from './report/clone-markdown.ts'
import { CommentBoard } from './report/comment-board.ts'
import { inertLogLine } from './report/inert.ts'
import { renderEnvironment, renderOutputs } from './report/outputs.ts'
import { VERSION } from './version.ts'

/** After a cancellation: long enough for a call in flight, short enough to be gone before SIGTERM comes (7.5 s). */
const CANCEL_GRACE_MS = 4_000
const COMMENT_LIMIT_MS = 15_000
const COMMENT_LIMIT_CANCELLED_MS = 1_500

/**
 * One run of the action, from the runner's environment to its outputs. The only place that catches, and that fails the step.
 * Tells whether the run was cancelled: then calls may be left unanswered, and nobody should wait for them.
 */
export async function run({ clock = systemClock }: { readonly clock?: Clock } = {}): Promise<{
  readonly cancelled: boolean
}> {
  const startedAtMs = clock.now()
  const cancellation = watchSignals()
  const seen: Seen = {
    outcome: undefined,
    clone: undefined,
    board: undefined,
    details: 'minimal',
    envPrefix: undefined,
  }
  let failure: Failure | undefined
  try {
    const context = readGitHubContext(process.env, readEvent())
    maskSecrets()
    try {
      seen.outcome = await Promise.race([
        act({ context, clock, startedAtMs, signal: cancellation.signal, seen }),
        cancellation.overdue,
      ])
      failure = seen.outcome.failure
    } catch (error) {
      failure = asFailure(error)
    }
    await report({
      seen,
      failure,
      cancelled: cancellation.signal.aborted,
      elapsedMs: clock.now() - startedAtMs,
    })
  } catch (error) {
    failure ??= asFailure(error)
  } finally {
    cancellation.end()
  }
  const cancelled = cancellation.signal.aborted
  if (failure === undefined) return { cancelled }
  core.error(failure.message, { title: failure.title })
  if (failure.cause !== undefined) core.debug(inertLogLine(describeCause(failure.cause)))
  process.exitCode = 1
  return { cancelled }
}

/** What the run knows when it ends, however it ends. */
interface Seen {
  outcome: Outcome | undefined
  /** The clone as it was shown last. */
  clone: CloneReport | undefined
  board: CommentBoard | undefined
  /** How much may be told where others can read it. */
  details: Details
  envPrefix: string | undefined
}

interface Act {
  readonly context: GitHubContext
  readonly clock: Clock
  readonly startedAtMs: number
  readonly signal: AbortSignal
  readonly seen: Seen
}

/** Context → inputs → mode. */
async function act({ context, clock, startedAtMs, signal, seen }: Act): Promise<Outcome> {
  const inputs = readInputs(readInput, process.env)
  warnIgnored(inputs)
  const owner = ownerOf(context, inputs)
  const client = {
    region: inputs.region,
    userAgent: ['aurora-clone-action', VERSION] as const,
    env: process.env,
  }
  const rds = createRdsClient({ ...client, signal })
  const skip = await skipWithoutCredentials(context, inputs, () => rds.config.credentials())
  if (skip !== undefined) return { outcome: 'skipped', skipReason: skip }
  if (inputs.allowedAccountIds.length > 0) {
    const { account, arn } = await checkAccount({ ...client, allowedAccountIds: inputs.allowedAccountIds })
    core.info(`AWS account ${account} as ${inertLogLine(arn)}`)
  }

  const connect = once(async () => {
    const { connectGitHub } = await import('./github/api.ts')
    return connectGitHub(context, inputs.githubToken)
  })
  const { number } = owner
  const isOfEvent = number !== undefined && context.pullRequest?.number === number
  const details = detailsOf(context, inputs)
  seen.details = details
  if (inputs.mode !== 'destroy') seen.envPrefix = inputs.envPrefix
  if (number !== undefined && inputs.comment)
    seen.board = new CommentBoard({
      connect,
      number,
      details,
      runUrl: context.runUrl,
      warn: (message) => {
        log.warning(message)
      },
    })
  const modeContext: ModeContext = {
    aws: { rds, clock, log, signal },
    region: inputs.region,
    owner,
    repositoryFullName: `${context.repository.owner}/${context.repository.name}`,
    repositoryName: context.repository.name,
    // What happened to another pull request, or to an issue, says nothing about the owner of these clones.
    event: isOfEvent
      ? { action: context.eventAction, label: context.eventLabel }
      : { action: '', label: undefined },
    pullRequest:
      number === undefined
        ? NO_PULL_REQUEST
        : livePullRequest({ clock, connect, repository: context.repository, number }),
    announce(clone) {
      seen.clone = clone
      // A run that does not wait is over within a second: it looks for its comment meanwhile, and writes it once, at the end.
      if (inputs.mode === 'create' && !inputs.wait) seen.board?.expect(clone)
      else seen.board?.show(clone)
    },
    startedAtMs,
  }
  switch (inputs.mode) {
    case 'create':
      return await create(modeContext, inputs)
    case 'wait':
      return await wait(modeContext, inputs)
    case 'destroy':
      return await destroy(modeContext, inputs)
  }
}

/** Outcome → comment, outputs, variables, summary. A report that cannot be written is a warning, never a lost clone. */
async function report({
  seen,
  failure,
  cancelled,
  elapsedMs,
}: {
  readonly seen: Seen
  readonly failure: Failure | undefined
  readonly cancelled: boolean
  readonly elapsedMs: number
}): Promise<void> {
  const { outcome, clone, board } = seen
  const unfinished = failure !== undefined && outcome === undefined && !(failure instanceof Cancelled)
  if (clone !== undefined) board?.show(clone, unfinished && clone.state === 'creating' ? failure : undefined)
  const commentUrl = await board?.settle(cancelled ? COMMENT_LIMIT_CANCELLED_MS : COMMENT_LIMIT_MS)

  if (outcome !== undefined) {
    if (outcome.skipReason !== undefined) tellSkip(outcome.skipReason)
    const rendered = renderOutputs(outcome, { commentUrl, reportFile: writeReportFile(outcome) })
    for (const [name, value] of Object.entries(rendered.values)) core.setOutput(name, value)
    for (const name of rendered.withheld)
      core.warning(
        `Output ${name} was left empty: its value does not have the shape that the output promises.`,
      )
    if (seen.envPrefix !== undefined && outcome.outcome === 'ready')
      for (const [name, value] of renderEnvironment(seen.envPrefix, rendered))
        core.exportVariable(name, value)
    if (outcome.outcome === 'ready' && outcome.clone?.endpoint !== undefined && seen.details === 'full')
      core.notice(`${outcome.clone.endpoint}:${outcome.clone.port ?? ''}`, {
        title: 'Database clone is ready',
      })
  }
  try {
    const text = renderSummary({ outcome, clone, failure, elapsedMs, details: seen.details })
    await core.summary.addRaw(text).write()
  } catch (error) {
    core.warning(`The job summary could not be written: ${messageOf(error)}`)
  }
}

/** Without credentials nobody can do anything about it, and everybody should know; the other reasons are everyday life. */
function tellSkip(reason: SkipReason): void {
  if (reason.endsWith('-without-credentials'))
    core.notice(skipSentence(reason), { title: 'No database clone' })
  else core.info(skipSentence(reason))
}

const readInput: ReadInput = (name) => core.getInput(name)

const log: Log = {
  info: (line) => {
    core.info(inertLogLine(line))
  },
  notice: (line) => {
    core.notice(line)
  },
  warning: (line) => {
    core.warning(line)
  },
  debug: (line) => {
    core.debug(line)
  },
  group: (title, phase) => core.group(inertLogLine(title), phase),
}

/** The payload of the event; nothing, where there is no file or it cannot be read. */
function readEvent(): unknown {
  const path = process.env['GITHUB_EVENT_PATH']
  if (path === undefined || path === '') return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    core.debug(`The event could not be read: ${messageOf(error)}`)
    return undefined
  }
}

/** Before anything can be printed: the token, and the password that a proxy's address may carry. */
function maskSecrets(): void {
  const token = readInput('github-token')
  if (token !== '') core.setSecret(token)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    const address = process.env[name] ?? ''
    const password = URL.canParse(address) ? new URL(address).password : ''
    // A mask of a letter or two would tear every output apart.
    if (password.length < SHORTEST_MASK) continue
    core.setSecret(password)
    core.setSecret(unescapePercent(password))
  }
}

const SHORTEST_MASK = 4

/** Percent signs that escape nothing are allowed in the variables of some proxies: then the text is what it is. */
function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function warnIgnored({ mode }: Inputs): void {
  const ignored = ignoredInputs(readInput, mode)
  if (ignored.length > 0)
    core.warning(
      `Mode ${mode} does not read ${ignored.map((name) => `${name} (only ${INPUTS[name].modes.join(', ')})`).join(', ')}.`,
    )
}

function ownerOf(context: GitHubContext, { owner }: Inputs): CloneOwner {
  const server = new URL(context.serverUrl).host.toLowerCase()
  const repositoryId = context.repository.id
  if (repositoryId === '')
    throw new Failure({
      title: 'Unexpected error',
      what: 'GITHUB_REPOSITORY_ID is not set, so clones of this repository could not be told from others.',
      remedy: 'Update the runner to 2.328.0 or newer.',
    })
  if (owner.kind === 'key')
    return { server, repositoryId, key: owner.key, generation: owner.generation, number: undefined }
  const dispatched = context.dispatchedNumber
  const number =
    owner.number ??
    context.pullRequest?.number ??
    (dispatched === undefined ? undefined : parsePullRequestNumber(dispatched, 'pr-number of the workflow'))
  if (number === undefined)
    throw new Failure({
      title: 'No pull request in context',
      what: `The event "${context.eventName}" is not about a pull request, and neither pr-number nor clone-key is set.`,
      remedy: 'Set pr-number, or clone-key for a clone outside of pull requests.',
    })
  return { server, repositoryId, key: pullRequestKey(number), generation: undefined, number }
}

/**
 * Runs for pull requests of forks and of Dependabot get no secrets and no OIDC token, and nobody can give them any: that is no
 * failure. Everywhere else missing credentials are one.
 */
async function skipWithoutCredentials(
  { eventName, pullRequest }: GitHubContext,
  { owner }: Inputs,
  resolveCredentials: () => Promise<unknown>,
): Promise<SkipReason | undefined> {
  if (eventName !== 'pull_request' || pullRequest === undefined || owner.kind !== 'pull-request')
    return undefined
  if (owner.number !== undefined && owner.number !== pullRequest.number) return undefined
  if (pullRequest.fromFork !== true && !pullRequest.byDependabot) return undefined
  if ((process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== '') return undefined
  try {
    await resolveCredentials()
    return undefined
  } catch {
    return pullRequest.fromFork === true ? 'fork-without-credentials' : 'dependabot-without-credentials'
  }
}

/** In public repositories everybody reads comments: they get the state and nothing of the database. */
function detailsOf({ repository }: GitHubContext, { commentDetails }: Inputs): Details {
  return commentDetails ?? (repository.visibility === 'private' ? 'full' : 'minimal')
}

function writeReportFile({ outcome, removals }: Outcome): string | undefined {
  if (removals === undefined) return undefined
  const directory = process.env['RUNNER_TEMP']
  if (directory === undefined || directory === '') return undefined
  const file = join(directory, `aurora-clone-destroy-${randomUUID()}.json`)
  const clones = removals.map(({ clone, result, because }) => ({
    'cluster-identifier': clone.identifier,
    region: clone.region,
    key: clone.key,
    'clone-name': clone.name === '' ? null : clone.name,
    result,
    because: because ?? null,
  }))
  try {
    writeFileSync(file, `${JSON.stringify({ outcome, clones }, null, 2)}\n`)
    return file.replaceAll('\\', '/')
  } catch (error) {
    core.warning(`The report file could not be written: ${messageOf(error)}`)
    return undefined
  }
}

interface Cancellation {
  readonly signal: AbortSignal
  /** Rejects when a cancelled run has not ended by itself in time. */
  readonly overdue: Promise<never>
  readonly end: () => void
}

/** Without a handler Node exits at once on SIGINT, and the summary would never be written. */
function watchSignals(): Cancellation {
  const controller = new AbortController()
  const overdue = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const onSignal = (): void => {
    controller.abort()
    timer ??= setTimeout(() => {
      overdue.reject(
        new Cancelled(
          'A call that was under way had not been answered yet; what it asked for may exist, and carries its tags.',
        ),
      )
    }, CANCEL_GRACE_MS)
  }
  overdue.promise.catch(() => undefined)
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    overdue: overdue.promise,
    end() {
      clearTimeout(timer)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}

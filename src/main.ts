import { readFileSync } from 'node:fs'
import * as core from '@actions/core'
import { checkAccount } from './aurora/account.ts'
import type { AwsRun } from './aurora/aws-run.ts'
import { AwsTime } from './aurora/aws-time.ts'
import { createRdsClients } from './aurora/client.ts'
import { asFailure } from './aurora/explain.ts'
import { isServer, pullRequestKey } from './aurora/identity.ts'
import { watchSignals } from './cancellation.ts'
import { type Clock, systemClock } from './clock.ts'
import { INPUTS, type SkipReason } from './contract.ts'
import { formatDuration } from './duration.ts'
import { Cancelled, Failure, MAX_MESSAGE_LENGTH, messageOf } from './failure.ts'
import { type GitHubContext, readGitHubContext } from './github/context.ts'
import { repositoryLabels } from './github/labels.ts'
import {
  NO_PULL_REQUEST,
  type PullRequestOptions,
  livePullRequest,
  livePullRequests,
} from './github/pull-request.ts'
import type { ReadInput } from './input-values.ts'
import { type Inputs, type OwnerInputs, ignoredInputs, parsePullRequestNumber, readInputs } from './inputs.ts'
import type { Log } from './log.ts'
import { auto } from './modes/auto.ts'
import { create } from './modes/create.ts'
import { destroy } from './modes/destroy.ts'
import type { CloneOwner, ModeContext, RunContext } from './modes/mode-context.ts'
import { sweep } from './modes/sweep.ts'
import { wait } from './modes/wait.ts'
import type { CloneReport, Outcome } from './outcome.ts'
import { quote, shorten } from './quotation.ts'
import { type Details, renderSummary, skipSentence } from './report/clone-markdown.ts'
import { CommentBoard } from './report/comment-board.ts'
import { inertLogLine, inertMarkdown } from './report/inert.ts'
import { renderEnvironment, renderOutputs } from './report/outputs.ts'
import { renderReport, writeReport } from './report/report-file.ts'
import { Secrets } from './secrets.ts'
import { holdEndMs } from './tag-value.ts'
import { VERSION } from './version.ts'

const COMMENT_LIMIT_MS = 15_000
/** Many clones, many comments. */
const COMMENT_LIMIT_SWEEP_MS = 120_000
const COMMENT_LIMIT_CANCELLED_MS = 1_500

/**
 * One run of the action, from the runner's environment to its outputs. The only place that catches, and that fails the step.
 * Tells whether calls may be left unanswered, which are not to be waited for: the run was cancelled, or its time was over.
 */
export async function run({ clock = systemClock }: { readonly clock?: Clock } = {}): Promise<{
  readonly leavesCalls: boolean
}> {
  const startedAtMs = clock.now()
  const cancellation = watchSignals()
  const seen: Seen = {
    outcome: undefined,
    clone: undefined,
    board: undefined,
    details: 'minimal',
    isOverdue: false,
  }
  let failure: Failure | undefined
  try {
    maskSecrets()
    const context = readGitHubContext(process.env, readEvent())
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
  const leavesCalls = cancellation.signal.aborted || seen.isOverdue || seen.board?.isWriting === true
  if (failure === undefined) return { leavesCalls }
  core.error(printable(failure.message), { title: failure.title })
  if (failure.cause !== undefined) log.debug(describeCause(failure.cause))
  process.exitCode = 1
  return { leavesCalls }
}

/** What the run knows when it ends, however it ends. */
interface Seen {
  outcome: Outcome | undefined
  /** The clone as it was shown last. */
  clone: CloneReport | undefined
  board: CommentBoard | undefined
  /** How much may be told where others can read it. */
  details: Details
  /** Its time was over before it had ended by itself. */
  isOverdue: boolean
}

interface Act {
  readonly context: GitHubContext
  readonly clock: Clock
  readonly startedAtMs: number
  readonly signal: AbortSignal
  readonly seen: Seen
}

/** Context → inputs → mode. */
async function act(run: Act): Promise<Outcome> {
  const inputs = readInputs(readInput, process.env)
  warnIgnored(inputs)
  warnPastHold(inputs, run.clock.now())
  return await withinLimit(run, inputs, (deadline) => playMode(run, inputs, deadline))
}

/** Beyond `wait-timeout`: what a run does when its time is up. */
const LIMIT_GRACE_MS = 30_000

/** Modes keep to their limit by themselves, between calls; this one holds against a call that never ends. */
async function withinLimit(
  { clock, startedAtMs, seen }: Act,
  { waitTimeoutMs }: Inputs,
  work: (deadline: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const [deadline, done] = [new AbortController(), new AbortController()]
  const overdue = Promise.withResolvers<never>()
  const watch = async (): Promise<void> => {
    await clock.sleep(startedAtMs + waitTimeoutMs + LIMIT_GRACE_MS - clock.now(), done.signal)
    if (done.signal.aborted) return
    seen.isOverdue = true
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

async function playMode(run: Act, inputs: Inputs, deadline: AbortSignal): Promise<Outcome> {
  const { context, clock, signal } = run
  const place = { server: serverOf(context), repositoryId: repositoryId(context) }
  const client = {
    region: inputs.region,
    userAgent: ['aurora-clone-action', VERSION] as const,
    env: process.env,
    deadline,
    mask: (secret: string | undefined) => {
      secrets.add(secret, SHORTEST_OF_AWS)
    },
  }
  const { rds, once } = createRdsClients({ ...client, signal })
  const time = new AwsTime(clock, warnSkew)
  time.readFrom(rds)
  time.readFrom(once)
  const begin = async (): Promise<RunContext & { readonly github: PullRequestOptions }> => {
    const { allowedAccountIds } = inputs
    if (allowedAccountIds.length > 0) {
      const { account, arn } = await checkAccount({ ...client, allowedAccountIds })
      log.info(`AWS account ${account} as ${arn}`)
    }
    return runContextOf(run, { inputs, aws: { rds, once, awsNow: time.now, clock, log, signal } })
  }
  if (inputs.mode === 'sweep') {
    if (inputs.scope === 'account') refuseToTellOthers(context, inputs)
    const { github, ...sweepContext } = await begin()
    return await sweep({ ...sweepContext, ...place, pullRequests: livePullRequests(github) }, inputs)
  }

  const owner = { ...place, ...ownerOf(context, inputs) }
  const { number } = owner
  const skip = await skipWithoutCredentials(context, inputs, () => rds.config.credentials())
  if (skip !== undefined) return { outcome: 'skipped', skipReason: skip }
  const { github, ...runContext } = await begin()
  const isOfEvent = number !== undefined && context.pullRequest?.number === number
  const modeContext: ModeContext = {
    ...runContext,
    owner,
    repositoryFullName: `${context.repository.owner}/${context.repository.name}`,
    repositoryName: context.repository.name,
    // What happened to another pull request, or to an issue, says nothing about the owner of these clones.
    event: isOfEvent
      ? { action: context.eventAction, label: context.eventLabel }
      : { action: '', label: undefined },
    pullRequest: number === undefined ? NO_PULL_REQUEST : livePullRequest({ ...github, number }),
    expect(clone) {
      run.seen.clone = clone
      run.seen.board?.expect(clone)
    },
    retireOthers(identityHashes) {
      if (number !== undefined) run.seen.board?.retireOthers(number, identityHashes)
    },
    async told() {
      await run.seen.board?.settle(COMMENT_LIMIT_MS)
      return run.seen.board !== undefined
    },
  }
  switch (inputs.mode) {
    case 'auto':
      return await auto(modeContext, inputs)
    case 'create':
      return await create(modeContext, inputs)
    case 'wait':
      return await wait(modeContext, inputs)
    case 'destroy':
      return await destroy(modeContext, inputs)
  }
}

function runContextOf(
  { context, clock, startedAtMs, seen }: Act,
  { inputs, aws }: { readonly inputs: Inputs; readonly aws: AwsRun },
): RunContext & { readonly github: PullRequestOptions } {
  const connect = lazily(async () => {
    const { connectGitHub } = await import('./github/api.ts')
    return connectGitHub(context, inputs.githubToken)
  })
  seen.details = detailsOf(context, inputs)
  if (inputs.comment)
    seen.board = new CommentBoard({
      connect,
      details: seen.details,
      runUrl: context.runUrl,
      region: inputs.region,
      hide: (text) => secrets.hide(text, inertMarkdown),
      warn: (message) => {
        log.warning(message)
      },
    })
  return {
    aws,
    region: inputs.region,
    announce(clone) {
      seen.clone = clone
      seen.board?.show(clone)
    },
    labels: repositoryLabels(connect),
    startedAtMs,
    github: { clock, connect, repository: context.repository },
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
  const isCutShort = unfinished && clone?.state === 'creating'
  // A clone that was ready before this run, which was cancelled: what people know of it stays.
  const isKnown = clone?.hasBeenReady === true && clone.state === 'creating'
  if (clone !== undefined && (isCutShort || !isKnown)) board?.show(clone, isCutShort ? failure : undefined)
  const limitMs = outcome?.sweep === undefined ? COMMENT_LIMIT_MS : COMMENT_LIMIT_SWEEP_MS
  const commentUrl = await board?.settle(cancelled ? COMMENT_LIMIT_CANCELLED_MS : limitMs)

  const told = outcome ?? (clone === undefined ? undefined : { outcome: undefined, clone })
  const rendered =
    told && renderOutputs(told, { commentUrl, reportFile: outcome && writeReportFile(outcome) })
  for (const [name, value] of Object.entries(rendered?.values ?? {})) core.setOutput(name, value)
  if (outcome !== undefined && rendered !== undefined) {
    if (outcome.skipReason !== undefined) tellSkip(outcome.skipReason, outcome)
    for (const warning of outcome.warnings ?? []) log.warning(warning)
    for (const name of rendered.withheld)
      log.warning(
        `Output ${name} was left empty: its value does not have the shape that the output promises.`,
      )
    if (outcome.envPrefix !== undefined && outcome.outcome === 'ready')
      for (const [name, value] of renderEnvironment(outcome.envPrefix, rendered))
        core.exportVariable(name, value)
    const { endpoint, port } = rendered.values
    if (outcome.outcome === 'ready' && endpoint !== '' && seen.details === 'full')
      core.notice(printable(`${endpoint}:${port}`), { title: 'Database clone is ready' })
  }
  try {
    const text = renderSummary({ outcome, clone, failure, elapsedMs, details: seen.details })
    await core.summary.addRaw(secrets.hide(text, inertMarkdown)).write()
  } catch (error) {
    log.warning(`The job summary could not be written: ${messageOf(error)}`)
  }
}

/** Without credentials nobody can do anything about it, and everybody should know; the other reasons are everyday life. */
function tellSkip(reason: SkipReason, { removals }: Outcome): void {
  if (reason.endsWith('-without-credentials'))
    core.notice(skipSentence(reason), { title: 'No database clone' })
  else log.info(skipSentence(reason, removals))
}

const readInput: ReadInput = (name) => core.getInput(name)

const secrets = new Secrets((secret) => {
  core.setSecret(secret)
})

/** Every line of the log and every message goes through here, whoever wrote a part of it. */
function printable(text: string): string {
  return shorten(secrets.hide(text), MAX_MESSAGE_LENGTH)
}

const log: Log = {
  info: (line) => {
    core.info(inertLogLine(printable(line)))
  },
  notice: (line) => {
    core.notice(printable(line))
  },
  warning: (line) => {
    core.warning(printable(line))
  },
  debug: (line) => {
    core.debug(inertLogLine(printable(line)))
  },
  group: (title, phase) => core.group(inertLogLine(printable(title)), phase),
}

/** The payload of the event; nothing, where there is no file or it cannot be read. */
function readEvent(): unknown {
  const path = process.env['GITHUB_EVENT_PATH']
  if (path === undefined || path === '') return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    log.debug(`The event could not be read: ${quote(messageOf(error))}`)
    return undefined
  }
}

/**
 * Before anything can be printed: the token, the password that a proxy's address may carry, and what the AWS SDK reads from the
 * environment. What it finds elsewhere is masked when it is found: see `maskCredentials`.
 */
function maskSecrets(): void {
  secrets.add(readInput('github-token'))
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'])
    secrets.add(process.env[name], SHORTEST_OF_AWS)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    const address = process.env[name] ?? ''
    const password = URL.canParse(address) ? new URL(address).password : ''
    secrets.add(password)
    secrets.add(unescapePercent(password))
  }
}

/** Secret keys have 40 characters and tokens have hundreds. Doubles of AWS take words such as `test`, which outputs may hold. */
const SHORTEST_OF_AWS = 16

/** Percent signs that escape nothing are allowed in the variables of some proxies: then the text is what it is. */
function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function warnSkew(aheadMs: number): void {
  const off = formatDuration(Math.abs(aheadMs))
  core.warning(
    `The clock of this runner is ${off} ${aheadMs > 0 ? 'behind' : 'ahead of'} AWS's. Times in tags, and what is deleted by time, go by AWS's clock.`,
  )
}

function warnIgnored({ mode }: Inputs): void {
  const ignored = ignoredInputs(readInput, mode)
  if (ignored.length > 0)
    log.warning(
      `Mode ${mode} does not read ${ignored.map((name) => `${name} (only ${INPUTS[name].modes.join(', ')})`).join(', ')}.`,
    )
}

/** No failure: a time that stands in a workflow passes one day, and clones have to be removed then. */
function warnPastHold(inputs: Inputs, nowMs: number): void {
  const hold = 'hold' in inputs ? inputs.hold : undefined
  if (hold !== undefined && (holdEndMs(hold) ?? Infinity) <= nowMs)
    log.warning(`The time of the input hold, ${hold}, has passed: it protects nothing.`)
}

/** The host of the GitHub server, as it stands in tags; brackets of an IPv6 address may not (RDS API, Tag). */
function serverOf({ serverUrl }: GitHubContext): string {
  const host = URL.canParse(serverUrl) ? new URL(serverUrl).host.toLowerCase().replaceAll(/[[\]]/g, '') : ''
  if (isServer(host)) return host
  throw new Failure({
    title: 'Unexpected error',
    what: `GITHUB_SERVER_URL is "${quote(serverUrl, 100)}", whose host cannot stand in tags, so clones of this server could not be told from others.`,
    remedy: 'Leave GITHUB_SERVER_URL as the runner sets it.',
  })
}

/** A step of a workflow may have set the variable: the event must not speak of another repository. */
function repositoryId({ repository: { id }, repositoryIdInEvent: inEvent }: GitHubContext): string {
  if (id === '')
    throw new Failure({
      title: 'Unexpected error',
      what: 'GITHUB_REPOSITORY_ID is not set, so clones of this repository could not be told from others.',
      remedy: 'Update the runner to 2.328.0 or newer.',
    })
  const isNumber = /^[1-9]\d*$/.test(id)
  if (isNumber && (inEvent === undefined || inEvent === id)) return id
  throw new Failure({
    title: 'Unexpected error',
    what: `GITHUB_REPOSITORY_ID is "${quote(id, 40)}", ${isNumber ? `but the event is about repository ${inEvent ?? ''}` : 'which is no number'}. Nothing was done.`,
    remedy: 'Leave GITHUB_REPOSITORY_ID and GITHUB_EVENT_PATH as the runner sets them.',
  })
}

function ownerOf(
  context: GitHubContext,
  { owner }: OwnerInputs,
): Pick<CloneOwner, 'key' | 'generation' | 'number'> {
  if (owner.kind === 'key') return { key: owner.key, generation: owner.generation, number: undefined }
  const dispatched = context.dispatchedNumber
  const number =
    owner.number ??
    context.pullRequest?.number ??
    (dispatched === undefined ? undefined : parsePullRequestNumber(dispatched, 'pr-number of the workflow'))
  if (number === undefined)
    throw new Failure({
      title: 'No pull request in context',
      what: `The event "${context.eventName}" is not about a pull request, and neither pr-number nor clone-key is set.`,
      remedy:
        'Set pr-number, or clone-key for a clone outside of pull requests; to remove what is left over, set mode: sweep.',
    })
  return { key: pullRequestKey(number), generation: undefined, number }
}

/**
 * Runs for pull requests of forks get no secrets and no OIDC token, those of Dependabot may get neither, and nobody can give them
 * any: that is no failure. Everywhere else missing credentials are one.
 */
async function skipWithoutCredentials(
  { eventName, pullRequest }: GitHubContext,
  { owner }: OwnerInputs,
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

/** Clones bear the names of their repositories, which may be private; log and summary have the clones. */
function refuseToTellOthers(context: GitHubContext, inputs: Inputs): void {
  if (detailsOf(context, inputs) === 'full') return
  throw new Failure({
    title: 'Invalid input',
    what: `Input scope: got "account" ${inputs.commentDetails === 'minimal' ? 'together with comment-details "minimal"' : WHERE[context.repository.visibility]}: log and summary would show the names of other repositories.`,
    remedy: 'Run this sweep in a private repository, or set comment-details: full if they may be seen.',
  })
}

const WHERE: Readonly<Record<GitHubContext['repository']['visibility'], string>> = {
  public: 'in a public repository',
  internal: 'in an internal repository, which the whole enterprise sees',
  private: 'in a private repository',
  unknown: 'and an event that does not say whether the repository is public, internal or private',
}

/**
 * In public repositories everybody reads comments, in internal ones the whole enterprise: they get the state and nothing of the
 * database. Where the event does not say which it is, nobody knows who reads them.
 */
function detailsOf({ repository }: GitHubContext, { commentDetails }: Inputs): Details {
  return commentDetails ?? (repository.visibility === 'private' ? 'full' : 'minimal')
}

function writeReportFile(outcome: Outcome): string | undefined {
  const directory = process.env['RUNNER_TEMP']
  const text = renderReport(outcome)
  if (text === undefined || directory === undefined || directory === '') return undefined
  try {
    return writeReport(secrets.hide(text, inJson), directory)
  } catch (error) {
    log.warning(`The report file could not be written: ${messageOf(error)}`)
    return undefined
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Its stack, with each line as text from outside: the first ones repeat what somebody answered. */
function describeCause(cause: unknown): string {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return text
    .split('\n')
    .map((line) => `${/^ */.exec(line)?.[0] ?? ''}${quote(line)}`)
    .join('\n')
}

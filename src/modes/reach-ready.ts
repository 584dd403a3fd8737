import { hasCode, isTransient } from '../aurora/api/aws-call.ts'
import type { AwsRun } from '../aurora/api/aws-run.ts'
import { describeCluster } from '../aurora/api/describe.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import { type Milestones, type Sighting, milestonesAfter } from '../aurora/clone/milestones.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import { deletedMeanwhile, lacksTags, writeTags } from '../aurora/clone/renewal.ts'
import { type CloneShape, isOfOtherShape } from '../aurora/clone/shape.ts'
import { isGoingBack } from '../aurora/clone/reset-requests.ts'
import { BEAT_MS, isQuarantined } from '../aurora/clone/preparation.ts'
import type { Prepared } from '../aurora/prepare/converge.ts'
import type { PreparationOrder } from '../aurora/prepare/order.ts'
import { newPreparer } from '../aurora/prepare/preparer.ts'
import { isUp, writerOf } from '../aurora/clone/writer.ts'
import type { Pace } from '../aurora/pace.ts'
import { type ReadyResult, convergeReady } from '../aurora/ready/converge.ts'
import { pausingOf } from '../aurora/ready/pausing.ts'
import { tellEvents } from '../aurora/ready/events.ts'
import { type ReadyOrder, wishesOf } from '../aurora/ready/order.ts'
import { waitForConnection } from '../aurora/ready/probe.ts'
import {
  type Demand,
  FRESH_DEMAND_MS,
  type UnwantedReason,
  demandOf,
  unreadablePullRequest,
} from '../demand.ts'
import { formatUtc } from '../duration.ts'
import type { SanitisingOrder, SanitisingReport } from '../sanitise/order.ts'
import { Failure } from '../failure.ts'
import type { Log } from '../log.ts'
import type { CloneReport, Outcome, ReadyOutcome } from '../outcome.ts'
import { type CloneRun, ownerName, reportNow } from './context.ts'
import { leaveUnwanted } from './leave-unwanted.ts'

/** One clone to bring to ready and to publish. */
export interface ReadyRequest extends Pick<
  ReadyOrder,
  'identity' | 'identifier' | 'found' | 'making' | 'waitUntilReady' | 'pace'
> {
  /** The label that the pull request must have; `undefined`: it only has to be open. */
  readonly label: string | undefined
  readonly allowForks: boolean
  /** Connect to the endpoint from this runner before it is published. */
  readonly probe: boolean
  readonly envPrefix: string | undefined
  readonly resetLabel?: string | undefined
  /** The clone in use, which this one is to replace. */
  readonly former?: OwnedClone | undefined
  readonly preparation: Pick<PreparationOrder, 'by' | 'sanitising' | 'securityGroupIds'>
}

/** Brings a clone to ready. Removes it if it is no longer wanted, and starts again if it is wanted again. */
export async function bringToReady(run: CloneRun, first: ReadyRequest): Promise<Outcome> {
  const preparer = newPreparer()
  let former = ''
  for (let request = first; ;) {
    const reached = await reachReady(run, request, preparer)
    if (reached.kind === 'published') return reached.outcome
    if (reached.kind === 'again') {
      const { resourceId } = reached.clone.cluster
      if (resourceId === former) throw neverPrepared(reached.clone)
      former = resourceId
      const found = await describeCluster(run.aws.rds, reached.clone.cluster.identifier, run.aws.signal)
      request = {
        ...request,
        identity: reached.clone.identity,
        identifier: reached.clone.cluster.identifier,
        found,
      }
      continue
    }
    const { label, making, pace, waitUntilReady } = request
    const leaving = { ...reached, label, hold: making?.hold, pace, inHaste: !waitUntilReady }
    try {
      const outcome = await leaveUnwanted(run, leaving)
      if (outcome !== undefined) return outcome
    } catch (error) {
      if (reached.clone !== undefined) await tellEvents(run.aws, reached.clone, error)
      throw error
    }
    const { identity } = reached.clone ?? request
    const { identifier } = reached.clone?.cluster ?? request
    const found = await describeCluster(run.aws.rds, identifier, run.aws.signal).catch((error: unknown) => {
      if (!isTransient(error)) throw error
      return reached.clone?.cluster
    })
    request = { ...request, identity, identifier, found }
  }
}

type Reached =
  | { readonly kind: 'published'; readonly outcome: ReadyOutcome }
  | { readonly kind: 'unwanted'; readonly reason: UnwantedReason; readonly clone: OwnedClone | undefined }
  /** The next turn makes the clone anew. */
  | { readonly kind: 'again'; readonly clone: OwnedClone }

/** Converge, prepare, probe, publish. */
async function reachReady(run: CloneRun, request: ReadyRequest, preparer: string): Promise<Reached> {
  const { aws } = run
  const demand = liveDemand(run, request)
  const seen = watch(run, request)
  try {
    const result = await aws.log.group(`Clone "${request.identifier}"`, () =>
      convergeReady(aws, {
        ...request,
        preparer,
        sanitisingDigest: request.preparation.sanitising?.digest,
        ownerName: ownerName(run.owner),
        pullRequest: run.owner.number,
        demand,
        announce: seen.announce,
      }),
    )
    if (result.kind === 'unwanted') {
      const { reason, clone, wasShown } = result
      // Another run has removed a clone that users were told of.
      if (clone === undefined && wasShown && seen.last !== undefined)
        run.announce(reportNow(run, seen.last.clone, { fate: { state: 'destroyed', removalReason: reason } }))
      return { kind: 'unwanted', reason, clone }
    }
    if (result.kind === 'creating') return await publish(run, request, { result, demand, seen })
    const prepared = await prepare(aws, {
      request,
      clone: result.clone,
      demand,
      seen,
      preparer,
      workflowRun: run.workflowRun,
      isSource: run.owner.number === undefined,
    })
    switch (prepared.kind) {
      case 'begin-anew':
        return { kind: 'again', clone: prepared.clone }
      case 'unwanted':
        return await unwantedNow(demand, prepared.clone)
      case 'handed-over':
        return handOver(run, request, { ...result, ...prepared, kind: 'ready', seen })
      case 'prepared': {
        if (request.probe) await probe(aws, prepared.clone, request.pace)
        const { clone, report: sanitising } = prepared
        return await publish(run, request, { result: { ...result, clone }, demand, seen, sanitising })
      }
    }
  } catch (error) {
    if (seen.last !== undefined) await tellEvents(aws, seen.last.clone, error)
    throw error
  }
}

/** What the looks of this run have shown so far. */
interface Seen extends Pick<ReadyOrder, 'announce'> {
  last: Sighting | undefined
  milestones: Milestones
}

function watch(run: CloneRun, { waitUntilReady, former }: ReadyRequest): Seen {
  const seen: Seen = {
    last: undefined,
    milestones: {},
    announce(clone, writer) {
      const [before, now] = [seen.last, { clone, writer }]
      seen.milestones = milestonesAfter(seen.milestones, { before, now, nowMs: run.aws.awsNow() })
      seen.last = now
      const isReady = clone.hasBeenReady && isUp(clone.cluster, writer)
      const fate = { state: isGoingBack(clone) ? 'resetting' : isReady ? 'ready' : 'creating' } as const
      const about = { writer, fate, milestones: seen.milestones, former }
      const report = reportNow(run, clone, about)
      // The comment of a clone in use changes only if this run fails. A run that does not wait writes its comment once, at the end.
      if (clone.hasBeenReady || !waitUntilReady) run.expect(report)
      else run.announce(report)
    },
  }
  return seen
}

interface Preparing extends Pick<ReadyOrder, 'demand'> {
  readonly seen: Seen
  readonly request: ReadyRequest
  readonly clone: OwnedClone
  readonly preparer: string
  readonly workflowRun: string
  readonly isSource: boolean
}

/** What must be done before a clone is published for the first time. */
async function prepare(
  aws: AwsRun,
  { request: { preparation, pace }, clone, demand, seen, preparer: run, workflowRun, isSource }: Preparing,
): Promise<Prepared> {
  const { sanitising } = preparation
  if (sanitising !== undefined && isLessThan(sanitising, clone)) throw neverSanitised(clone)
  const isPlain = !clone.hasOwnCredentials && clone.preparation.kind === 'none'
  if (clone.hasBeenReady || isPlain) return { kind: 'prepared', clone, milestones: {} }
  const isStillWanted = async (): Promise<boolean> => (await demand(BEAT_MS)).kind !== 'unwanted'
  const { prepareClone } = await import('../aurora/prepare/converge.ts')
  const prepared = await aws.log.group('Prepare the clone', () =>
    prepareClone(aws, clone, { ...preparation, run, workflowRun, isSource, pace, isStillWanted }),
  )
  if ('milestones' in prepared) seen.milestones = { ...seen.milestones, ...prepared.milestones }
  return prepared
}

async function unwantedNow(demand: ReadyOrder['demand'], clone: OwnedClone): Promise<Reached> {
  const asked = await demand(BEAT_MS)
  return asked.kind === 'unwanted'
    ? { kind: 'unwanted', reason: asked.reason, clone }
    : { kind: 'again', clone }
}

/** The user's own steps get the endpoint, and nobody else. */
function handOver(
  run: CloneRun,
  { envPrefix, former }: ReadyRequest,
  {
    clone,
    writer,
    created,
    report: sanitising,
    seen: { milestones },
  }: Extract<ReadyResult, { kind: 'ready' }> & { report?: SanitisingReport | undefined; seen: Seen },
): Reached {
  const report = reportNow(run, clone, {
    writer,
    fate: { state: 'quarantined' },
    isHandedOver: true,
    former,
    sanitising,
    milestones,
  })
  run.announce(report)
  run.aws.log.info(`Clone "${report.identifier}" is quarantined: sanitise it now, and then run mode publish`)
  return { kind: 'published', outcome: { outcome: 'quarantined', clone: report, created, envPrefix } }
}

function neverPrepared({ cluster: { identifier } }: OwnedClone): Failure {
  return new Failure({
    title: 'Clone not published',
    what: `Clone "${identifier}" was left half prepared, and something keeps it from being replaced. Nobody gets its endpoint.`,
    remedy: 'Remove it with mode destroy, then run mode create.',
  })
}

/** It was made without what this run asks for, or only its logins were disabled. */
function isLessThan({ sanitises }: SanitisingOrder, { preparation }: OwnedClone): boolean {
  if (preparation.kind === 'none') return true
  return sanitises && preparation.kind === 'clean' && !preparation.isSanitised
}

function neverSanitised({ cluster: { identifier } }: OwnedClone): Failure {
  return new Failure({
    title: 'Clone not published',
    what: `Clone "${identifier}" was made without the inputs that sanitise it, so it has the data of its source, and may be in use.`,
    remedy: 'Run mode reset, or remove it with mode destroy and make it again.',
  })
}

interface Publication extends Pick<ReadyOrder, 'demand'> {
  readonly seen: Pick<Seen, 'last' | 'milestones'>
  readonly sanitising?: SanitisingReport | undefined
  readonly result: Exclude<ReadyResult, { readonly kind: 'unwanted' }>
}

/** Writes the tags and publishes the clone, unless the pull request no longer wants it. */
async function publish(
  run: CloneRun,
  request: ReadyRequest,
  { result, demand, seen, sanitising }: Publication,
): Promise<Reached> {
  const isReady = result.kind === 'ready'
  if (isReady) refuseUnclean(result.clone)
  const asked = await demand(FRESH_DEMAND_MS)
  if (asked.kind === 'unwanted') return { kind: 'unwanted', reason: asked.reason, clone: result.clone }
  const clone = await tagged(run.aws, { request, result, isBlind: asked.kind === 'unknown' })
  if (clone === undefined || clusterPhase(clone.cluster.status) === 'deleting')
    throw deletedMeanwhile(result.clone.cluster.identifier)
  const state = isReady ? 'ready' : 'creating'
  const pausing = isReady ? await pausingOf(run.aws, clone.cluster) : undefined
  const report = reportNow(run, clone, {
    pausing,
    sanitising,
    former: request.former,
    resetLabel: request.resetLabel,
    milestones: seen.milestones,
    writer: isReady
      ? result.writer
      : writerOf(clone.cluster, seen.last?.writer === undefined ? [] : [seen.last.writer]),
    fate: { state },
  })
  run.announce(report)
  const late = asked.kind === 'unknown' ? undefined : await demandAfterTelling(run, demand)
  if (late?.kind === 'unwanted') return { kind: 'unwanted', reason: late.reason, clone }
  tellEnd(run.aws.log, request, { clone, report, isNew: !result.clone.hasBeenReady })
  return {
    kind: 'published',
    outcome: {
      outcome: state,
      clone: report,
      created: result.created,
      envPrefix: request.envPrefix,
      ...(asked.kind === 'unknown'
        ? { failure: unreadablePullRequest(run.owner.number ?? 0, asked.because) }
        : {}),
    },
  }
}

/**
 * The clone after its tags are written; `undefined`: it is gone. If the pull request cannot be read (`isBlind`), nothing is
 * extended. A clone that is handed out is still tagged so, and no later run takes it for unused.
 */
async function tagged(
  aws: AwsRun,
  {
    request,
    result,
    isBlind,
  }: Readonly<{ request: ReadyRequest; isBlind: boolean; result: Publication['result'] }>,
): Promise<OwnedClone | undefined> {
  const { clone } = result
  const isReady = result.kind === 'ready'
  // Nobody gets the endpoint of a clone in quarantine, so it is not handed out.
  const handOut = isReady || !isQuarantined(clone) ? result.kind : undefined
  const wishes = isBlind
    ? { handOut }
    : { ...wishesOf(request, { extend: request.found !== undefined || isReady }), handOut }
  // A clone that is being created may be reported as last seen. A ready one is read again, which `writeTags` does.
  if (!((isReady && !isBlind) || lacksTags(clone, wishes, aws.awsNow()))) return clone
  try {
    return await writeTags(
      aws,
      { ...clone, hiddenSinceMs: isReady ? undefined : result.requestedAtMs },
      wishes,
    )
  } catch (error) {
    // AWS documents this fault for tags. A clone that it is still making holds no data yet, so it may go without.
    if (isReady || !hasCode(error, 'InvalidDBClusterStateFault')) throw error
    return clone
  }
}

/**
 * If two runs write concurrently, the later comment stays. "Ready" must not stay on a pull request that was closed meanwhile. So
 * the pull request is read again after the comment is written.
 */
async function demandAfterTelling(
  { told, owner }: CloneRun,
  demand: ReadyOrder['demand'],
): Promise<Demand | undefined> {
  return owner.number !== undefined && (await told()) ? await demand(0) : undefined
}

function tellEnd(
  log: Log,
  request: ReadyRequest,
  { clone, report, isNew }: Readonly<{ clone: OwnedClone; report: CloneReport; isNew: boolean }>,
): void {
  const { found, making } = request
  log.info(
    report.state === 'ready'
      ? `Clone "${report.identifier}" is ready and ${lifetimeOf(report)}`
      : `Clone "${report.identifier}" is being created (${report.standing ?? report.state}); run mode wait to wait for it`,
  )
  if (!clone.hasBeenReady || isNew) log.info(whoLogsIn(report))
  if (isSanitisedOtherwise(clone, request))
    log.warning(
      'The files or inputs that sanitise have changed since this clone was published. They never run on data in use: reset it for a clone that is made by them.',
    )
  if (isNew && report.pausing?.kind === 'kept-awake')
    log.warning(
      `The clone does not pause when it is idle: ${report.pausing.by} is on in its cluster parameter group "${clone.cluster.parameterGroup ?? ''}". Set db-cluster-parameter-group-name to a group with it off, and make the clone anew.`,
    )
  if (found !== undefined && making !== undefined && isOtherwise(clone, making.shape))
    log.info(
      'It was made with other inputs than this run has (instance-class, capacity, network, groups, keys, restore-to-time or tags). It stays as it was made',
    )
}

/** What no plan should ever lead to. */
function refuseUnclean(clone: OwnedClone): void {
  if (isQuarantined(clone) && clone.preparation.kind !== 'clean')
    throw new Error('a clone that is not clean must not be published')
}

/** The digest of a clone that steps of the user's have sanitised is of the inputs of mode `publish`. */
function isSanitisedOtherwise({ preparation }: OwnedClone, { preparation: order }: ReadyRequest): boolean {
  const { digest } = order.sanitising ?? {}
  return (
    order.by === 'this-run' &&
    digest !== undefined &&
    preparation.kind === 'clean' &&
    preparation.digest !== digest
  )
}

function whoLogsIn({ secretArn, sanitised, sanitising }: CloneReport): string {
  const master = secretArn === undefined ? '' : 'Its master user has a password of its own. '
  if ((sanitising?.logins.length ?? 0) > 0) return `${master}The logins of the source are disabled`
  if (sanitised !== undefined && secretArn !== undefined)
    return `${master}Logins of the source that were kept open it, too`
  return secretArn === undefined
    ? 'Every login of the source opens it, with the password of the source'
    : `${master}Every other login of the source opens it, with the password of the source`
}

function isOtherwise(clone: OwnedClone, shape: CloneShape): boolean {
  const { instanceClass, parameterGroup = clone.parameterGroup, tags } = shape
  return (
    isOfOtherShape(clone, shape) ||
    (clone.instanceClass ?? instanceClass) !== instanceClass ||
    clone.parameterGroup !== parameterGroup ||
    Object.entries(tags).some(([key, value]) => clone.cluster.tags?.[key] !== value)
  )
}

function lifetimeOf({ heldUntilMs, expiresAt }: CloneReport): string {
  if (heldUntilMs === Infinity) return 'held'
  if (heldUntilMs !== undefined) return `held until ${formatUtc(new Date(heldUntilMs).toISOString())}`
  return expiresAt === undefined ? 'kept until it is destroyed' : `kept until ${formatUtc(expiresAt)}`
}

async function probe(aws: AwsRun, { cluster: { endpoint, port } }: OwnedClone, pace: Pace): Promise<void> {
  if (endpoint === undefined || port === undefined) return
  await aws.log.group('Connect to the endpoint', () => waitForConnection(aws, { host: endpoint, port, pace }))
}

function liveDemand(
  { pullRequest, owner, aws }: CloneRun,
  { label, allowForks }: ReadyRequest,
): ReadyOrder['demand'] {
  let warned = false
  return async (maxAgeMs) => {
    const reading = await pullRequest.read(maxAgeMs)
    if (reading.kind === 'open' && reading.fromFork && !allowForks) throw forkRefused(owner.number ?? 0)
    if (reading.kind === 'unreadable' && !warned) {
      warned = true
      aws.log.info(`The pull request cannot be read at the moment: ${reading.because}`)
    }
    return demandOf(reading, label)
  }
}

function forkRefused(number: number): Failure {
  return new Failure({
    title: 'Fork refused',
    what: `Pull request #${number} comes from a fork, and this run has AWS credentials: code from outside would get a database with the data of the source.`,
    remedy: 'If you trust every author of such pull requests, set allow-forks: true.',
  })
}

import { type GoneResult, convergeGone } from '../aurora/converge-gone.ts'
import { FRESH_DEMAND_MS, type Observation, type Pace, type RestoreDecision } from '../aurora/aws-run.ts'
import { convergeReady } from '../aurora/converge-ready.ts'
import { UNKNOWN_TIME_MS } from '../aurora/aws-time.ts'
import type { CloneLook } from '../aurora/delete-clone.ts'
import { reportClone } from '../aurora/clone-report.ts'
import { type CloneIdentity, writerIdentifier } from '../aurora/identity.ts'
import { describeEvents } from '../aurora/observe.ts'
import { ownershipOf } from '../aurora/ownership.ts'
import { writerOf } from '../aurora/plan-ready.ts'
import { waitForConnection } from '../aurora/probe.ts'
import { renewedTags, writeHold, writeTags } from '../aurora/renewal.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../aurora/snapshot.ts'
import { clusterPhase, instancePhase } from '../aurora/statuses.ts'
import { TAG, type Tags, labelOf } from '../aurora/tags.ts'
import { type Demand, type UnwantedReason, demandOf } from '../demand.ts'
import { Cancelled, Failure, failureKind, messageOf } from '../failure.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import type { CreateInputs, WaitInputs } from '../inputs.ts'
import type { CloneReport, Outcome } from '../outcome.ts'
import { canonicalLabel, holdEndMs } from '../tag-value.ts'
import { formatUtc } from '../utc-time.ts'
import { deletionRefused } from './deletion-refused.ts'
import { doubtLostLabel } from './lost-label.ts'
import { type ModeContext, paceOf } from './mode-context.ts'
import { explainReadyFailure } from './ready-failure.ts'
import { removeClone } from './remove-clone.ts'

export interface ReadyRequest {
  readonly identity: CloneIdentity
  readonly identifier: string
  readonly found: ClusterSnapshot | undefined
  readonly isFromThisSource: (cluster: ClusterSnapshot) => boolean
  readonly hasOtherShape: (cluster: ClusterSnapshot) => boolean
  readonly decideRestore: (() => Promise<RestoreDecision>) | undefined
  readonly waitUntilReady: boolean
  /** `create` extends the clone's life. */
  readonly ttlMs: number | undefined
  /** The value that `create` wants on the clone's hold tag; `undefined` leaves it as it is. */
  readonly hold: string | undefined
}

/** The goal *ready*, for every mode that has it: converge, confirm, tag, and only then hand the endpoint out. */
export async function reachReady(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  request: ReadyRequest,
): Promise<Outcome> {
  const { aws, owner, region } = context
  const { log } = aws
  const nowAtAws = (): number => aws.awsNow() ?? UNKNOWN_TIME_MS
  const pace = paceOf(context, inputs)
  const demandNow = liveDemand(context, inputs, request)
  let last: Observation = { cluster: undefined, instances: [] }
  const wasThere = request.found !== undefined

  /** Takes away what nobody wants; begins again when somebody does after all. */
  const quit = async (
    because: UnwantedReason,
    cluster: ClusterSnapshot | undefined,
    wasShown = true,
  ): Promise<Outcome> => {
    const { identity, hold } = request
    if (cluster === undefined && wasShown && last.cluster !== undefined)
      // People were told of a clone that another run has removed since.
      context.announce(
        reportClone({
          cluster: last.cluster,
          writer: undefined,
          state: 'destroyed',
          region,
          nowMs: nowAtAws(),
          removedBecause: because,
        }),
      )
    const left = await leave(context, inputs, { because, cluster, identity, hold })
    return left ?? (await reachReady(context, inputs, { ...request, found: cluster }))
  }

  const renew = async (cluster: ClusterSnapshot, isReady: boolean): Promise<ClusterSnapshot | undefined> => {
    const wanted = (tags: Tags): Tags =>
      renewedTags(tags, {
        nowMs: aws.awsNow(),
        // A clone that this run has just asked for has its whole life before it.
        ttlMs: wasThere || isReady ? request.ttlMs : undefined,
        label: request.ttlMs === undefined ? undefined : askedLabel(inputs),
        hold: request.hold,
        isReady,
      })
    // A clone on its way is told of as it was just seen; one that is handed out is looked at once more.
    const isSettled = !isReady && Object.keys(wanted(cluster.tags ?? {})).length === 0
    return isSettled ? cluster : await writeTags(aws, { cluster, identity: request.identity }, wanted)
  }

  try {
    const result = await log.group(`Clone "${request.identifier}"`, () =>
      convergeReady(aws, {
        identifier: request.identifier,
        identity: request.identity,
        found: request.found,
        isFromThisSource: request.isFromThisSource,
        hasOtherShape: request.hasOtherShape,
        decideRestore: request.decideRestore,
        claim: (cluster) => renew(cluster, false),
        removeFailed: (cluster) => removeFailed(context, inputs, { cluster, identity: request.identity }),
        removeBegun: (cluster) => removeBegun(context, inputs, { cluster, identity: request.identity }),
        demand: demandNow,
        refuseUnknownDemand: (because) => unreadablePullRequest(owner.number ?? 0, because),
        explainFailure: (why, detail, cluster) =>
          explainReadyFailure(why, { owner, identifier: request.identifier, detail, cluster }),
        announce(cluster, writer) {
          // Of a cluster that is not ours nothing is told.
          if (!ownershipOf(cluster, request.identity).owned) return
          last = { cluster, instances: writer === undefined ? [] : [writer] }
          const wasReady = cluster.tags?.[TAG.readyAt] !== undefined
          const state = wasReady && isUp(cluster, writer) ? 'ready' : 'creating'
          const clone = reportClone({ cluster, writer, state, region, nowMs: nowAtAws() })
          // What people were told of it stays, unless this run fails.
          if (wasReady) {
            context.expect(clone)
            return
          }
          // A run that does not wait is over within a second: it writes its comment once, at the end.
          if (request.waitUntilReady) context.announce(clone)
          else context.expect(clone)
        },
        waitUntilReady: request.waitUntilReady,
        pace,
      }),
    )
    if (result.kind === 'unwanted') return await quit(result.because, result.cluster, result.wasShown)

    const isReady = result.kind === 'ready'
    if (isReady && inputs.probe) await probe(context, result.cluster, pace)
    const demand = await demandNow(FRESH_DEMAND_MS)
    if (demand.kind === 'unwanted') return await quit(demand.because, result.cluster)
    const blind = demand.kind === 'unknown'
    const cluster = blind
      ? await markReady(context, { request, cluster: result.cluster, isReady })
      : await renew(result.cluster, isReady)
    if (cluster === undefined || (isReady && clusterPhase(cluster.status) === 'deleting'))
      throw deletedMeanwhile(request.identifier)
    const clone = reportClone({
      cluster,
      writer: isReady ? result.writer : writerOf(cluster, last.instances),
      state: isReady ? 'ready' : 'creating',
      region,
      nowMs: nowAtAws(),
    })
    context.announce(clone)
    // It may have been closed while this was told, and its removal told before.
    const late = blind ? undefined : await demandAfterTelling(context, demandNow)
    if (late?.kind === 'unwanted') return await quit(late.because, cluster)
    log.info(
      isReady
        ? `Clone "${clone.identifier}" is ready and ${lifeOf(clone)}`
        : `Clone "${clone.identifier}" is on its way (${clone.standing}); mode wait tells when it is ready`,
    )
    if (wasThere && request.hasOtherShape(cluster))
      log.info(
        'It was made with other inputs than this run has (instance-class, capacity, network, groups, keys or restore-to-time), and keeps what it was made with',
      )
    return {
      outcome: isReady ? 'ready' : 'creating',
      clone,
      created: result.created,
      ...(inputs.envPrefix === undefined ? {} : { envPrefix: inputs.envPrefix }),
      ...(blind ? { failure: unreadablePullRequest(owner.number ?? 0, demand.because) } : {}),
    }
  } catch (error) {
    if (last.cluster !== undefined && isAboutAws(error)) await printEvents(context, last.cluster)
    throw error
  }
}

/**
 * Of two runs beside each other the later comment stays. One that says "ready" must not stay on a pull request that was closed
 * meanwhile, so the pull request is read once more when the comment is written.
 */
async function demandAfterTelling(
  { told, owner }: ModeContext,
  demandNow: (maxAgeMs: number) => Promise<Demand>,
): Promise<Demand | undefined> {
  if (owner.number === undefined || !(await told())) return undefined
  return await demandNow(0)
}

/** Without a word of GitHub nothing is extended; but a clone that is handed out says so, lest a later run takes it for unused. */
async function markReady(
  { aws }: ModeContext,
  {
    request: { identity },
    cluster,
    isReady,
  }: { readonly request: ReadyRequest; readonly cluster: ClusterSnapshot; readonly isReady: boolean },
): Promise<ClusterSnapshot | undefined> {
  if (!isReady || cluster.tags?.[TAG.readyAt] !== undefined) return cluster
  return await writeTags(aws, { cluster, identity }, (tags) =>
    renewedTags(tags, { nowMs: aws.awsNow(), ttlMs: undefined, label: undefined, hold: undefined, isReady }),
  )
}

function isUp({ status }: ClusterSnapshot, writer: InstanceSnapshot | undefined): boolean {
  return clusterPhase(status) === 'available' && instancePhase(writer?.status ?? '') === 'available'
}

function deletedMeanwhile(identifier: string): Failure {
  return new Failure({
    title: 'No clone',
    what: `Clone "${identifier}" was deleted while this run was working on it.`,
    remedy: 'Run mode create again.',
  })
}

function lifeOf({ expiresAt = 'it is destroyed', hold }: CloneReport): string {
  if (hold === undefined) return `kept until ${formatUtc(expiresAt)}`
  const endMs = holdEndMs(hold)
  return endMs === undefined ? 'held' : `held until ${formatUtc(new Date(endMs).toISOString())}`
}

function askedLabel({ label }: CreateInputs | WaitInputs): { readonly name: string } | 'none' {
  return label === undefined ? 'none' : { name: label }
}

async function probe({ aws }: ModeContext, { endpoint, port }: ClusterSnapshot, pace: Pace): Promise<void> {
  if (endpoint === undefined || port === undefined) return
  await aws.log.group('Connect to the endpoint', () => waitForConnection(aws, { host: endpoint, port, pace }))
}

/** The pull request's demand, by the label that this run asks with or, for `wait`, that the clone was made for. */
function liveDemand(
  { pullRequest, owner, aws }: ModeContext,
  inputs: CreateInputs | WaitInputs,
  { found }: ReadyRequest,
): (maxAgeMs: number) => Promise<Demand> {
  const label = inputs.label ?? (inputs.mode === 'wait' ? labelOf(found?.tags ?? {}) : undefined)
  let warned = false
  return async (maxAgeMs) => {
    const reading = await pullRequest.read(maxAgeMs)
    if (reading.kind === 'open' && reading.fromFork && !inputs.allowForks)
      throw forkRefused(owner.number ?? 0)
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
    what: `Pull request #${number} comes from a fork, and this run has AWS credentials: code from outside would get a database with the source's data.`,
    remedy: 'If you trust every author of such pull requests, set allow-forks: true.',
  })
}

/**
 * Nobody wants the clone (any more): what this pull request owns and asked for with this label is taken away again.
 * `undefined`: it was wanted again before anything was done.
 */
async function leave(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  {
    cluster: found,
    because,
    identity,
    hold,
  }: {
    readonly cluster: ClusterSnapshot | undefined
    readonly because: UnwantedReason
    readonly identity: CloneIdentity
    readonly hold: string | undefined
  },
): Promise<Outcome | undefined> {
  const skipped: Outcome = { outcome: 'skipped', skipReason: because }
  if (found === undefined) return skipped
  const ownership = ownershipOf(found, identity)
  if (!ownership.owned) return skipped
  const label = because === 'label-missing' ? (inputs.label ?? labelOf(ownership.tags)) : undefined
  const isOfThisLabel = (tags: Tags): boolean =>
    label === undefined || labelOf(tags) === canonicalLabel(label)
  if (!isOfThisLabel(ownership.tags)) return skipped
  const { aws, pullRequest } = context
  const cluster = await writeHold(aws, { cluster: found, identity }, hold)
  const doubt = label === undefined ? undefined : await doubtLostLabel(context, label)
  if (doubt !== undefined) throw doubt

  const clone = { ...ownership, cluster }
  const seen = { isTakenOver: false }
  const removal = await aws.log.group(`Remove clone "${cluster.identifier}": ${because}`, () =>
    removeClone(context, {
      clone,
      because,
      source: undefined,
      async askIfUnwanted() {
        const now = demandOf(await pullRequest.read(FRESH_DEMAND_MS), label)
        if (now.kind === 'unknown') throw unreadablePullRequest(context.owner.number ?? 0, now.because)
        return (look) => {
          // Another workflow may ask for it with a label of its own by now.
          seen.isTakenOver = !isOfThisLabel(look.cluster.tags ?? {})
          return !seen.isTakenOver && now.kind === 'unwanted'
        }
      },
      waitUntilGone: false,
      pace: { ...paceOf(context, inputs), startedAtMs: aws.clock.now() },
    }),
  )
  switch (removal.result) {
    case 'kept':
      return seen.isTakenOver ? skipped : undefined
    case 'held':
      return {
        outcome: 'skipped',
        skipReason: 'held',
        clone: removal.clone,
        ...(removal.failure === undefined ? {} : { failure: removal.failure }),
      }
    case 'deleting':
    case 'destroyed':
      return { outcome: removal.result, skipReason: because, clone: removal.clone }
    case 'refused':
    case 'failed':
    case 'cancelled':
      throw removal.failure ?? new Error(`clone "${cluster.identifier}" was not removed`)
  }
}

interface Unready {
  readonly cluster: ClusterSnapshot
  readonly identity: CloneIdentity
}

/** `false`: seen afresh, it was not to be removed any more, since it healed or a run said that it was ready. */
async function removeFailed(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  unready: Unready,
): Promise<boolean> {
  const result = await removeUnready(context, inputs, { ...unready, isUsable: isHealthy })
  if (result.kind === 'refused') throw deletionRefused(unready.cluster.identifier, result.verdict)
  return result.kind !== 'wanted'
}

/** Whether a clone that had failed serves again. Half deleted is not healthy: a removal that has begun goes on. */
function isHealthy({ cluster, instances }: CloneLook): boolean {
  return (
    clusterPhase(cluster.status) === 'available' &&
    instances.some(({ status }) => instancePhase(status) === 'available')
  )
}

/** `false`: it may be in use by now, or is held or protected. */
async function removeBegun(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  unready: Unready,
): Promise<boolean> {
  const { kind } = await removeUnready(context, inputs, {
    ...unready,
    isUsable: ({ cluster, instances }) => cluster.members.length > 0 || instances.length > 0,
  })
  return kind === 'gone' || kind === 'deleting'
}

/** Removes a clone that no run has said to be ready, unless it can be used by then. */
async function removeUnready(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  { cluster, identity, isUsable }: Unready & { readonly isUsable: (look: CloneLook) => boolean },
): Promise<GoneResult> {
  return await convergeGone(context.aws, {
    found: cluster,
    identity,
    source: undefined,
    askIfUnwanted: () =>
      Promise.resolve((look) => look.cluster.tags?.[TAG.readyAt] === undefined && !isUsable(look)),
    isRequested: false,
    waitUntilGone: false,
    pace: paceOf(context, inputs),
  })
}

/** What this action refuses by itself has nothing to do with AWS's events. */
function isAboutAws(error: unknown): boolean {
  if (!(error instanceof Failure)) return true
  return !(error instanceof Cancelled) && failureKind(error.title).isRefusal !== true
}

/** AWS's own account of what happened. It explains a failure; failing to get it is no failure of its own. */
async function printEvents({ aws }: ModeContext, cluster: ClusterSnapshot): Promise<void> {
  try {
    const { identifier, tags = {} } = cluster
    const events = await describeEvents(aws.rds, {
      cluster: identifier,
      instance: writerIdentifier(identifier),
      // Clones of other times had the same name.
      sinceMs: Date.parse(tags[TAG.createdAt] ?? '') || 0,
    })
    if (events.length === 0) return
    await aws.log.group('Events of AWS', () => {
      for (const { at, source, message } of events) aws.log.info(`${at.toISOString()}  ${source}: ${message}`)
      return Promise.resolve()
    })
  } catch (error) {
    aws.log.info(`The events of AWS could not be read: ${messageOf(error)}`)
  }
}

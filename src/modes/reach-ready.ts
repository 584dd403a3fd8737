import { convergeGone } from '../aurora/converge-gone.ts'
import { type Observation, type Pace, type RestoreDecision, convergeReady } from '../aurora/converge-ready.ts'
import { reportClone } from '../aurora/clone-report.ts'
import { type CloneIdentity, writerIdentifier } from '../aurora/identity.ts'
import { describeEvents } from '../aurora/observe.ts'
import { type DeletionVerdict, ownershipOf } from '../aurora/ownership.ts'
import { type ReadyFailure, writerOf } from '../aurora/plan-ready.ts'
import { waitForConnection } from '../aurora/probe.ts'
import { renewedTags, writeTags } from '../aurora/renewal.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../aurora/snapshot.ts'
import { TAG } from '../aurora/tags.ts'
import { type Demand, type UnwantedReason, demandOf } from '../demand.ts'
import { Cancelled, Failure, messageOf } from '../failure.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import type { CreateInputs, WaitInputs } from '../inputs.ts'
import type { CloneState, Outcome } from '../outcome.ts'
import { canonicalLabel } from '../tag-value.ts'
import { formatUtc } from '../utc-time.ts'
import { type ModeContext, ownerName, paceOf } from './mode-context.ts'

export interface ReadyRequest {
  readonly identity: CloneIdentity
  readonly identifier: string
  readonly found: ClusterSnapshot | undefined
  readonly isFromThisSource: (cluster: ClusterSnapshot) => boolean
  readonly decideRestore: (() => Promise<RestoreDecision>) | undefined
  readonly waitUntilReady: boolean
  /** `create` extends the clone's life. */
  readonly ttlMs: number | undefined
  /** Whether the clone is the one that this run restored. */
  readonly isOfThisRun: (cluster: ClusterSnapshot) => boolean
}

/** The goal *ready*, for every mode that has it: converge, confirm, tag, and only then hand the endpoint out. */
export async function reachReady(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  request: ReadyRequest,
): Promise<Outcome> {
  const { aws, owner, region } = context
  const { log, clock, rds } = aws
  const pace = paceOf(context, inputs)
  const live = liveDemand(context, inputs, request.found)
  let last: Observation = { cluster: undefined, instances: [] }
  const wasThere = request.found !== undefined

  const announce = (
    cluster: ClusterSnapshot,
    writer: InstanceSnapshot | undefined,
    state: CloneState,
  ): void => {
    context.announce(reportClone({ cluster, writer, state, region }))
  }

  try {
    const result = await log.group(`Clone "${request.identifier}"`, () =>
      convergeReady(aws, {
        identifier: request.identifier,
        found: request.found,
        isFromThisSource: request.isFromThisSource,
        decideRestore: request.decideRestore,
        removeFailed: (cluster) => removeFailed(context, inputs, { cluster, identity: request.identity }),
        demand: live.demand,
        refuseUnknownDemand: (because) => unreadablePullRequest(owner.number ?? 0, because),
        explainFailure: (why, detail, cluster) =>
          explainReadyFailure(why, { context, request, detail, cluster }),
        announce(cluster, writer) {
          // Of a cluster that is not ours nothing is told.
          if (!ownershipOf(cluster).owned) return
          last = { cluster, instances: writer === undefined ? [] : [writer] }
          if (cluster.tags?.[TAG.readyAt] === undefined) announce(cluster, writer, 'creating')
        },
        waitUntilReady: request.waitUntilReady,
        pace,
      }),
    )
    if (result.kind === 'unwanted') {
      const left = await leave(context, inputs, { ...result, identity: request.identity })
      return left ?? (await reachReady(context, inputs, { ...request, found: result.cluster }))
    }

    const isReady = result.kind === 'ready'
    if (isReady && inputs.probe) await probe(context, result.cluster, pace)
    const demand = await live.demand(FRESH_MS)
    if (demand.kind === 'unwanted') {
      const { because } = demand
      const left = await leave(context, inputs, {
        because,
        cluster: result.cluster,
        identity: request.identity,
      })
      return left ?? (await reachReady(context, inputs, { ...request, found: result.cluster }))
    }
    const blind = demand.kind === 'unknown'
    const renewed = blind
      ? {}
      : renewedTags(result.cluster.tags ?? {}, {
          nowMs: clock.now(),
          // A clone that this run has just asked for has its whole life before it.
          ttlMs: wasThere || isReady ? request.ttlMs : undefined,
          label: request.ttlMs === undefined ? undefined : inputs.label,
          isReady,
        })
    const cluster = await writeTags(rds, result.cluster, renewed)
    const clone = reportClone({
      cluster,
      writer: isReady ? result.writer : writerOf(cluster, last.instances),
      state: isReady ? 'ready' : 'creating',
      region,
    })
    context.announce(clone)
    log.info(
      isReady
        ? `Clone "${clone.identifier}" is ready and kept until ${formatUtc(clone.expiresAt ?? 'it is destroyed')}`
        : `Clone "${clone.identifier}" is on its way (${clone.standing}); mode wait tells when it is ready`,
    )
    return {
      outcome: isReady ? 'ready' : 'creating',
      clone,
      created: request.isOfThisRun(cluster),
      ...(blind ? { failure: unreadablePullRequest(owner.number ?? 0, demand.because) } : {}),
    }
  } catch (error) {
    if (last.cluster !== undefined && !(error instanceof Cancelled)) await printEvents(context, last.cluster)
    throw error
  }
}

async function probe({ aws }: ModeContext, { endpoint, port }: ClusterSnapshot, pace: Pace): Promise<void> {
  if (endpoint === undefined || port === undefined) return
  await aws.log.group('Connect to the endpoint', () => waitForConnection(aws, { host: endpoint, port, pace }))
}

/** The pull request's demand, by the label that this run asks with or, for `wait`, that the clone was made for. */
function liveDemand(
  { pullRequest, owner, aws }: ModeContext,
  inputs: CreateInputs | WaitInputs,
  found: ClusterSnapshot | undefined,
): { readonly demand: (maxAgeMs: number) => Promise<Demand> } {
  const label = inputs.label ?? (inputs.mode === 'wait' ? found?.tags?.[TAG.label] : undefined)
  let warned = false
  return {
    async demand(maxAgeMs) {
      const reading = await pullRequest.read(maxAgeMs)
      if (reading.kind === 'open' && reading.fromFork && !inputs.allowForks)
        throw forkRefused(owner.number ?? 0)
      if (reading.kind === 'unreadable' && !warned) {
        warned = true
        aws.log.warning(`The pull request cannot be read at the moment: ${reading.because}`)
      }
      return demandOf(reading, label)
    },
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
    cluster,
    because,
    identity,
  }: {
    readonly cluster: ClusterSnapshot | undefined
    readonly because: UnwantedReason
    readonly identity: CloneIdentity
  },
): Promise<Outcome | undefined> {
  const skipped: Outcome = { outcome: 'skipped', skipReason: because }
  if (cluster === undefined) return skipped
  const ownership = ownershipOf(cluster)
  if (!ownership.owned) return skipped
  const madeFor = ownership.tags[TAG.label]
  if (because === 'label-missing' && inputs.label !== undefined && madeFor !== canonicalLabel(inputs.label))
    return skipped

  const { aws, region, pullRequest } = context
  const label = because === 'label-missing' ? (inputs.label ?? madeFor) : undefined
  const result = await aws.log.group(`Remove clone "${cluster.identifier}": ${because}`, () =>
    convergeGone(aws, {
      target: { identifier: cluster.identifier, resourceId: cluster.resourceId, identity, source: undefined },
      found: cluster,
      async stillUnwanted() {
        const now = demandOf(await pullRequest.read(FRESH_MS), label)
        if (now.kind === 'unknown') throw unreadablePullRequest(context.owner.number ?? 0, now.because)
        return now.kind === 'unwanted'
      },
      waitUntilGone: false,
      pace: { ...paceOf(context, inputs), startedAtMs: aws.clock.now() },
    }),
  )
  const report = (state: CloneState) => reportClone({ cluster, writer: undefined, state, region })
  switch (result.kind) {
    case 'wanted':
      return undefined
    case 'refused':
      if (result.verdict.kind !== 'held') throw deletionRefused(cluster.identifier, result.verdict)
      context.announce(report('held'))
      return { outcome: 'skipped', skipReason: 'held', clone: report('held') }
    case 'gone':
    case 'deleting': {
      const state = result.kind === 'gone' ? 'destroyed' : 'deleting'
      context.announce(report(state))
      return { outcome: state, skipReason: because, clone: report(state) }
    }
  }
}

const FRESH_MS = 5_000

export function deletionRefused(
  identifier: string,
  { kind, because }: Exclude<DeletionVerdict, { readonly allowed: true }>,
): Failure {
  const what = `Cluster "${identifier}" was not deleted: ${because}.`
  switch (kind) {
    case 'protected':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: 'If nobody needs the clone any more, switch deletion protection off and run mode destroy.',
      })
    case 'held':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: `If nobody needs the clone any more, remove its tag ${TAG.hold} and run again.`,
      })
    case 'not-owned':
      return new Failure({
        title: 'Cluster not owned',
        what,
        remedy:
          'Look at the cluster and its tags in the RDS console: this action deletes only what is provably its own.',
      })
  }
}

async function removeFailed(
  context: ModeContext,
  inputs: CreateInputs | WaitInputs,
  { cluster, identity }: { readonly cluster: ClusterSnapshot; readonly identity: CloneIdentity },
): Promise<void> {
  const result = await convergeGone(context.aws, {
    target: { identifier: cluster.identifier, resourceId: cluster.resourceId, identity, source: undefined },
    found: cluster,
    stillUnwanted: () => Promise.resolve(true),
    waitUntilGone: false,
    pace: paceOf(context, inputs),
  })
  if (result.kind === 'refused') throw deletionRefused(cluster.identifier, result.verdict)
}

interface ReadyFailureContext {
  readonly context: ModeContext
  readonly request: ReadyRequest
  readonly detail: string
  readonly cluster: ClusterSnapshot | undefined
}

function explainReadyFailure(
  why: ReadyFailure,
  { context, request, detail, cluster }: ReadyFailureContext,
): Failure {
  const name = `Clone "${request.identifier}"`
  switch (why) {
    case 'no-clone':
      return new Failure({
        title: 'No clone',
        what: `There is no clone for ${ownerName(context.owner)}.`,
        remedy: 'Run mode create first.',
      })
    case 'being-deleted':
      return new Failure({
        title: 'No clone',
        what: `${name} of ${ownerName(context.owner)} is being deleted.`,
        remedy: 'Run mode create: it waits until the name is free and makes a new one.',
      })
    case 'vanished':
      return new Failure({
        title: 'Clone failed',
        what: `${name} was ${detail}, and was gone again each time: somebody else deletes it.`,
        remedy: 'Look in CloudTrail for DeleteDBCluster on it.',
      })
    case 'not-owned':
      return new Failure({
        title: 'Cluster not owned',
        what: `A cluster named "${request.identifier}" exists, but it is not a clone of this action: ${detail}. It was not touched.`,
        remedy: 'Rename or remove that cluster, or choose another identifier-prefix.',
      })
    case 'other-source':
      return new Failure({
        title: 'Clone of another source',
        what: `${name} was made from source cluster "${detail}", not from the one that is configured now. It was not touched.`,
        remedy:
          'Set clone-name to have one clone for each source, or run mode destroy to give the old one up.',
      })
    case 'failed-by-configuration':
      return new Failure({
        title: detail.includes('parameters') ? 'Parameter group rejected' : 'Clone failed',
        what: `${name} failed: ${detail}.`,
        remedy: configurationRemedy(detail, cluster?.tags?.[TAG.parameterGroup]),
      })
    case 'failed-before-ready':
      return new Failure({
        title: 'Clone failed',
        what: `${name} failed before it was ready: ${detail}.`,
        remedy: 'Run mode create: it replaces a clone that never was ready.',
      })
    case 'failed-again':
      return new Failure({
        title: 'Clone failed',
        what: `${name} was removed and made again, and failed again: ${detail}.`,
        remedy: 'The events of AWS in the log say why; correct the cause and run again.',
      })
    case 'failed-after-ready':
      return new Failure({
        title: 'Clone failed',
        what: `${name} was in use and has failed since: ${detail}. It was not touched, since it may hold somebody's work.`,
        remedy: 'If nobody needs its data, run mode destroy and then create.',
      })
  }
}

function configurationRemedy(detail: string, parameterGroup: string | undefined): string {
  if (detail.includes('parameters'))
    return `Correct parameter group "${parameterGroup ?? 'of the source'}", or set db-parameter-group-name (or db-cluster-parameter-group-name) to one that fits the instance class; then run mode create, which replaces the clone.`
  if (detail.includes('encryption'))
    return 'Give RDS access to the KMS key of the source, or set kms-key-id; then run mode create, which replaces the clone.'
  if (detail.includes('network'))
    return 'Correct db-subnet-group-name and vpc-security-group-ids; then run mode create, which replaces the clone.'
  return 'Correct what the status names; then run mode create, which replaces the clone.'
}

/** AWS's own account of what happened. It explains a failure; failing to get it is no failure of its own. */
async function printEvents({ aws }: ModeContext, cluster: ClusterSnapshot): Promise<void> {
  try {
    const events = await describeEvents(aws.rds, {
      cluster: cluster.identifier,
      instance: writerIdentifier(cluster.identifier),
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

import { reportGone } from '../aurora/clone-report.ts'
import { FRESH_DEMAND_MS } from '../aurora/aws-run.ts'
import { asFailure } from '../aurora/explain.ts'
import { latestGenerations, seenAfresh } from '../aurora/generations.ts'
import { cloneIdentifier, identityHash, isAskedFor } from '../aurora/identity.ts'
import { describeCluster, listClusters } from '../aurora/observe.ts'
import { type OwnedClone, ownedClones, ownershipOf } from '../aurora/ownership.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { mayBeUnderWay } from '../aurora/plan-sweep.ts'
import { writeHold } from '../aurora/renewal.ts'
import { TAG, claimedIdentity, labelOf } from '../aurora/tags.ts'
import { type DestroyScope, type PullRequestReading, destroyScope, isInScope } from '../demand.ts'
import { Cancelled, type Failure } from '../failure.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import type { DestroyInputs } from '../inputs.ts'
import type { Outcome, RemovalReason } from '../outcome.ts'
import { deletionRefused } from './deletion-refused.ts'
import { type Look, lookAround } from './look.ts'
import { type ModeContext, identityOf, ownerName, paceOf } from './mode-context.ts'
import { type ExplainedRemoval, removeClone } from './remove-clone.ts'

/**
 * Removes the clones of a pull request or key: all of them, or those with the clone-name, generation or label that is given.
 * It asks AWS for the deletions and leaves; with `wait` it stays until nothing is left. One clone's failure does not keep the
 * others.
 */
export async function destroy(context: ModeContext, inputs: DestroyInputs): Promise<Outcome> {
  const { event } = context
  return await destroyFrom(await lookAround(context, { source: undefined }), context, {
    inputs,
    scopeOf: (reading) =>
      destroyScope({ reading, label: inputs.label, eventAction: event.action, eventLabel: event.label }),
    cloneName: inputs.cloneName === '' ? undefined : inputs.cloneName,
    because: undefined,
    hold: undefined,
    doubt: undefined,
  })
}

interface DestroyOrder {
  readonly inputs: DestroyInputs
  /** Only the clones of this name. */
  readonly cloneName: string | undefined
  readonly scopeOf: (reading: PullRequestReading) => DestroyScope
  /** What people are told; `undefined` where somebody asked for it. */
  readonly because: RemovalReason | undefined
  /** What the hold tag of the clone of this name is to say, before anything is removed. */
  readonly hold: { readonly cloneName: string; readonly value: string } | undefined
  /** Why a label may not be lost although the pull request does not have it; clones made for such a label are kept. */
  readonly doubt: ((label: string) => Promise<Failure | undefined>) | undefined
}

/** The same, from a look that was just taken; which of the clones go is the caller's rule, asked again before each deletion. */
export async function destroyFrom(
  { clusters, reading }: Look,
  context: ModeContext,
  order: DestroyOrder,
): Promise<Outcome> {
  const { aws, owner, pullRequest } = context
  const { inputs, scopeOf, cloneName, because } = order
  const scope = scopeOf(reading)
  if (scope.kind === 'unknown') throw unreadablePullRequest(owner.number ?? 0, scope.because)
  if (scope.kind === 'nothing') return { outcome: 'skipped', skipReason: 'pull-request-open' }

  const { server, repositoryId, key, generation } = owner
  if (reading.kind === 'closed' && cloneName === undefined) retireOthers(context, inputs, clusters)
  const wanted = {
    server,
    repositoryId,
    key,
    ...(cloneName === undefined ? {} : { name: cloneName }),
    ...(generation === undefined ? {} : { generation }),
  }
  const clones = ownedClones(clusters, wanted)
  const kept = keptByNumber(clones, { keepLatest: inputs.keepLatest, nowMs: aws.awsNow() })
  const inScope = clones.filter(
    ({ cluster, tags }) => isInScope(labelOf(tags), scope) && !kept.has(cluster.identifier),
  )
  const doubts = await doubtsOf(inScope, order)
  const due = inScope.filter(({ tags }) => !doubts.has(labelOf(tags)))
  const holdOf = ({ identity }: OwnedClone): string | undefined =>
    identity.name === order.hold?.cloneName ? order.hold.value : undefined
  // Also a clone that stays this time hears a person's word; the others hear it right before they are removed.
  const unheard = await Promise.all(
    clones
      .filter((clone) => !due.includes(clone))
      .map((clone) => writeHold(aws, clone, holdOf(clone)).then(() => undefined, asFailure)),
  )
  const failures = [...doubts.values(), ...unheard.filter((failure) => failure !== undefined)]
  if (due.length === 0) {
    const [failure] = failures
    if (failure !== undefined) throw failure
    if (kept.size > 0) return { outcome: 'skipped', skipReason: 'latest' }
    // What a closing leaves behind is looked for when it is closed, not with every push to a pull request that wants nothing.
    if (because === 'label-missing' || clones.length > 0) return { outcome: 'absent' }
    return await nothingToDestroy(context, inputs, clusters)
  }

  const remove = async (clone: OwnedClone, isRequested: boolean): Promise<ExplainedRemoval> =>
    await removeClone(context, {
      clone,
      isRequested,
      because,
      source: inputs.source,
      waitUntilGone: isRequested,
      pace: paceOf(context, inputs),
      hold: holdOf(clone),
      async askIfUnwanted() {
        const now = scopeOf(await pullRequest.read(FRESH_DEMAND_MS))
        if (now.kind === 'unknown') throw unreadablePullRequest(owner.number ?? 0, now.because)
        // It may have become ready, or a newer generation may have failed or gone.
        const series =
          inputs.keepLatest === 0
            ? []
            : ownedClones(await listClusters(aws.rds, { includeShared: false, signal: aws.signal }), wanted)
        return ({ cluster }) => {
          const limits = { keepLatest: inputs.keepLatest, nowMs: aws.awsNow() }
          // By the tags of this moment: a create may have given it another label since the listing.
          return (
            isInScope(labelOf(cluster.tags ?? {}), now) &&
            !keptByNumber(seenAfresh(series, cluster), limits).has(cluster.identifier)
          )
        }
      },
    })
  const removals = await aws.log.group(
    `Destroy ${due.length === 1 ? 'the clone' : `${due.length} clones`} of ${ownerName(owner)}`,
    async () => {
      // Every request first: nobody's deletion waits for another's.
      const requested = await Promise.all(due.map((clone) => remove(clone, false)))
      if (!inputs.wait) return requested
      return await Promise.all(
        requested.map((removal, index) => {
          const clone = due[index]
          if (clone === undefined || removal.result !== 'deleting') return Promise.resolve(removal)
          return remove(clone, true)
        }),
      )
    },
  )
  return summarise(removals, { isOfKey: owner.number === undefined, failures })
}

/**
 * A clone may have gone without a word: deleted by hand, under a former prefix or another clone-name. Its comment must not go on to
 * say that it is ready. Whatever claims to be a clone of the pull request, under any name, is told of elsewhere.
 */
function retireOthers(
  { owner, retireOthers: retire }: ModeContext,
  inputs: DestroyInputs,
  clusters: readonly ClusterSnapshot[],
): void {
  const { server, repositoryId, key } = owner
  const claimed = clusters
    .map(({ tags = {} }) => claimedIdentity(tags))
    .filter((identity) => identity !== undefined)
    .filter((identity) => isAskedFor(identity, { server, repositoryId, key }))
  retire([identityOf(owner, inputs), ...claimed].map(identityHash))
}

/** Identifiers of those that `keep-latest` keeps: the newest generations, and those that a run may still be making. */
function keptByNumber(
  clones: readonly OwnedClone[],
  { keepLatest, nowMs }: { readonly keepLatest: number; readonly nowMs: number | undefined },
): ReadonlySet<string> {
  if (keepLatest === 0) return new Set()
  const underWay = clones.filter((clone) => mayBeUnderWay(clone, nowMs))
  return new Set([
    ...latestGenerations(clones, keepLatest),
    ...underWay.map(({ cluster }) => cluster.identifier),
  ])
}

/** The doubtful labels among those that clones were made for, each with the reason. */
async function doubtsOf(
  clones: readonly OwnedClone[],
  { doubt }: DestroyOrder,
): Promise<ReadonlyMap<string | undefined, Failure>> {
  const doubts = new Map<string | undefined, Failure>()
  for (const label of new Set(clones.map(({ tags }) => labelOf(tags)))) {
    const failure = label === undefined ? undefined : await doubt?.(label)
    if (failure !== undefined) doubts.set(label, failure)
  }
  return doubts
}

/** The whole from its parts: the least finished decides the word, the first failure the step's end. */
function summarise(
  removals: readonly ExplainedRemoval[],
  { isOfKey, failures }: { readonly isOfKey: boolean; readonly failures: readonly Failure[] },
): Outcome {
  const results = removals.map(({ result }) => result)
  const failure = removals.find((removal) => removal.failure !== undefined)?.failure ?? failures[0]
  const base: Omit<Outcome, 'outcome'> = {
    removals,
    ...(removals[0] !== undefined && removals.length === 1 ? { clone: removals[0].clone } : {}),
    ...(failure === undefined ? {} : { failure }),
  }
  if (results.includes('deleting')) return { ...base, outcome: 'deleting' }
  if (results.includes('destroyed')) return { ...base, outcome: 'destroyed' }
  if (results.includes('held')) return { ...base, outcome: 'skipped', skipReason: 'held' }
  if (results.includes('kept'))
    return { ...base, outcome: 'skipped', skipReason: isOfKey ? 'latest' : 'pull-request-open' }
  return { ...base, outcome: undefined }
}

/** No clone in the listing. A cluster of that name that is not ours is a mistake that people have to know of. */
async function nothingToDestroy(
  context: ModeContext,
  inputs: DestroyInputs,
  clusters: readonly ClusterSnapshot[],
): Promise<Outcome> {
  const { aws, owner, repositoryName } = context
  const identity = identityOf(owner, inputs)
  const identifier = cloneIdentifier({ repository: repositoryName, identity })
  const nothing = `There is no clone${inputs.cloneName === '' ? '' : ` "${inputs.cloneName}"`} of ${ownerName(owner)}`
  if (aws.signal.aborted) throw new Cancelled(`${nothing} in the listing.`)
  const namesake =
    clusters.find((cluster) => cluster.identifier === identifier) ??
    (await describeCluster(aws.rds, identifier, aws.signal))
  if (namesake !== undefined) {
    const ownership = ownershipOf(namesake, identity)
    // Owned but out of scope: made for another label, and so not asked for.
    if (ownership.owned) return { outcome: 'absent' }
    const { because } = ownership
    throw deletionRefused(identifier, { allowed: false, kind: 'not-owned', because })
  }
  aws.log.info(nothing)
  const renamed = clusters.find(({ tags }) => tags?.[TAG.cluster] === identifier)
  if (renamed !== undefined) {
    aws.log.warning(
      `Cluster "${renamed.identifier}" carries the tags of clone "${identifier}", which is not there. If it is that clone, give it its name back or delete it by hand.`,
    )
    context.announce({
      ...reportGone({ identity, identifier, region: context.region }),
      state: 'undeleted',
      undeleted: {
        because: `cluster "${renamed.identifier}" carries its tags under another name`,
        isProtected: false,
      },
    })
    return { outcome: 'absent' }
  }
  // An earlier run may have been killed between the deletion and its report.
  context.announce(reportGone({ identity, identifier, region: context.region }))
  return { outcome: 'absent' }
}

import { describeCluster } from '../aurora/api/describe.ts'
import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import { reportGone } from '../aurora/clone/clone-report.ts'
import { type CloneIdentity, cloneIdentifier, commentHash, isAskedFor } from '../aurora/clone/identity.ts'
import { ownedClones, ownershipOf } from '../aurora/clone/ownership.ts'
import { TAG, claimedIdentity } from '../aurora/clone/tags.ts'
import { deletionRefused } from '../aurora/gone/refusal.ts'
import { destroyScope, unreadablePullRequest } from '../demand.ts'
import { Cancelled } from '../failure.ts'
import type { DestroyInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, removalPaceOf, identityOf, ownerName, paceOf } from './context.ts'
import { type CurrentState, currentState } from './current-state.ts'
import { type RemovalOrder, type Removals, removeInScope } from './removal.ts'

/**
 * Removes all clones of a pull request or key, or only those with the given clone-name, generation or label. It requests the
 * deletions; with `wait` it also waits for their end.
 */
export async function destroy(run: CloneRun, inputs: DestroyInputs): Promise<Outcome> {
  const { action: eventAction, label: eventLabel } = run.event
  return await destroyFrom(await currentState(run, { source: undefined }), run, {
    inputs,
    scopeOf: (reading) => destroyScope({ reading, label: inputs.label, eventAction, eventLabel }),
    cloneName: inputs.cloneName === '' ? undefined : inputs.cloneName,
    reason: undefined,
    hold: undefined,
    doubt: undefined,
  })
}

interface DestroyOrder extends Pick<RemovalOrder, 'scopeOf' | 'reason' | 'hold' | 'doubt'> {
  readonly inputs: DestroyInputs
  /** Set: only the clones of this name. */
  readonly cloneName: string | undefined
}

/** The caller's rule says which clones are removed. It is applied again before each deletion. */
export async function destroyFrom(
  { clusters, reading }: CurrentState,
  run: CloneRun,
  { inputs, cloneName, ...rule }: DestroyOrder,
): Promise<Outcome> {
  const { server, repositoryId, key, generation, number } = run.owner
  const scope = rule.scopeOf(reading)
  if (scope.kind === 'unknown') throw unreadablePullRequest(number ?? 0, scope.because)
  if (scope.kind === 'nothing') return { outcome: 'skipped', skipReason: 'pull-request-open' }
  if (reading.kind === 'closed' && cloneName === undefined) retireUnlisted(run, inputs, clusters)
  const clones = ownedClones(clusters, {
    server,
    repositoryId,
    key,
    ...(cloneName === undefined ? {} : { name: cloneName }),
    ...(generation === undefined ? {} : { generation }),
  })
  const { keepLatest, source, wait, inHaste } = inputs
  const ownPace = paceOf(run, inputs)
  const pace = inHaste ? removalPaceOf(ownPace, { inHaste, nowMs: run.aws.clock.now() }) : ownPace
  const result = await removeInScope(run, clones, { ...rule, scope, keepLatest, source, wait, pace })
  if (result.removals.length > 0) return summarise(result, { isOfKey: number === undefined })
  const [failure] = result.failures
  if (failure !== undefined) throw failure
  if (result.keptLatest) return { outcome: 'skipped', skipReason: 'latest' }
  // A pull request without the label needs no search for leftovers at every push.
  if (rule.reason === 'label-missing' || clones.length > 0) return { outcome: 'absent' }
  return await nothingToDestroy(run, inputs, clusters)
}

/**
 * A clone may have been deleted by hand, under a former prefix or under another clone-name. Its comment must not continue to say
 * that it is ready. Clusters that claim to be clones of the pull request have comments of their own.
 */
function retireUnlisted(
  { owner, retireOthers }: CloneRun,
  inputs: DestroyInputs,
  clusters: readonly ClusterSnapshot[],
): void {
  const { server, repositoryId, key } = owner
  const claimed = clusters
    .map(({ tags = {} }) => claimedIdentity(tags))
    .filter((identity) => identity !== undefined)
    .filter((identity) => isAskedFor(identity, { server, repositoryId, key }))
  retireOthers([identityOf(owner, inputs), ...claimed].map(commentHash))
}

/** One outcome for several removals: the least finished state wins, and the first failure fails the step. */
function summarise({ removals, failures }: Removals, { isOfKey }: Readonly<{ isOfKey: boolean }>): Outcome {
  const results = removals.map(({ result }) => result)
  const [first] = removals
  const base = {
    removals,
    clone: new Set(removals.map(({ clone }) => clone.identityHash)).size === 1 ? first?.clone : undefined,
    failure: removals.find((removal) => removal.failure !== undefined)?.failure ?? failures[0],
  }
  if (results.includes('deleting')) return { ...base, outcome: 'deleting' }
  if (results.includes('destroyed')) return { ...base, outcome: 'destroyed' }
  if (results.includes('held')) return { ...base, outcome: 'skipped', skipReason: 'held' }
  if (results.includes('kept'))
    return { ...base, outcome: 'skipped', skipReason: isOfKey ? 'latest' : 'pull-request-open' }
  return { ...base, outcome: undefined }
}

/** The listing has no clone. Users must be told of a foreign cluster with its name. */
async function nothingToDestroy(
  run: CloneRun,
  inputs: DestroyInputs,
  clusters: readonly ClusterSnapshot[],
): Promise<Outcome> {
  const { aws, owner, repositoryName, region } = run
  const identity = identityOf(owner, inputs)
  const identifier = cloneIdentifier({ repository: repositoryName, identity })
  const nothing = `There is no clone${inputs.cloneName === '' ? '' : ` "${inputs.cloneName}"`} of ${ownerName(owner)}`
  if (aws.signal.aborted) throw new Cancelled(`${nothing} in the listing.`)
  const namesake =
    clusters.find((cluster) => cluster.identifier === identifier) ??
    (await describeCluster(aws.rds, identifier, aws.signal))
  if (namesake !== undefined) {
    const ownership = ownershipOf(namesake, identity)
    // It was made for another label, so it is out of scope.
    if (ownership.owned) return { outcome: 'absent' }
    throw deletionRefused(identifier, { kind: 'not-owned', because: ownership.because })
  }
  aws.log.info(nothing)
  const renamed = clusters.find(({ tags = {} }) => isIncarnation(claimedIdentity(tags), identity))
  if (renamed !== undefined)
    aws.log.warning(
      `Cluster "${renamed.identifier}" has the tags of clone "${renamed.tags?.[TAG.cluster] ?? ''}", which does not exist. If it is that clone, give it its old name or delete it by hand.`,
    )
  // An earlier run may have been killed between the deletion and its report.
  const why =
    renamed === undefined ? undefined : `cluster "${renamed.identifier}" has its tags under another name`
  run.announce(reportGone({ identity, identifier, region, undeletedBecause: why }))
  return { outcome: 'absent' }
}

/** Whether tags claim to be an incarnation of this clone. */
function isIncarnation(claimed: CloneIdentity | undefined, identity: CloneIdentity): boolean {
  return claimed !== undefined && commentHash(claimed) === commentHash(identity)
}

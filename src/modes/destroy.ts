import { reportClone, reportGone } from '../aurora/clone-report.ts'
import { type GoneResult, convergeGone } from '../aurora/converge-gone.ts'
import { FRESH_DEMAND_MS, type Pace } from '../aurora/aws-run.ts'
import { deleteOrphanInstance } from '../aurora/delete-clone.ts'
import { asFailure } from '../aurora/explain.ts'
import { cloneIdentifier, writerIdentifier } from '../aurora/identity.ts'
import { listClusters } from '../aurora/observe.ts'
import { type OwnedClone, ownedClones, ownershipOf } from '../aurora/ownership.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { type Tags, TAG } from '../aurora/tags.ts'
import { type DestroyScope, destroyScope } from '../demand.ts'
import { Cancelled, type Failure } from '../failure.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import type { DestroyInputs } from '../inputs.ts'
import type { CloneState, Outcome, Removal } from '../outcome.ts'
import { canonicalLabel } from '../tag-value.ts'
import { type ModeContext, identityOf, logReading, ownerName, paceOf } from './mode-context.ts'
import { deletionRefused } from './deletion-refused.ts'

type ExplainedRemoval = Removal & { readonly failure?: Failure }

/**
 * Removes the clones of a pull request or key: all of them, or those with the clone-name, generation or label that is given.
 * It asks AWS for the deletions and leaves; with `wait` it stays until nothing is left. One clone's failure does not keep the
 * others.
 */
export async function destroy(context: ModeContext, inputs: DestroyInputs): Promise<Outcome> {
  const { aws, owner, pullRequest, event } = context
  const readScope = async (maxAgeMs: number): Promise<DestroyScope> =>
    destroyScope({
      reading: await pullRequest.read(maxAgeMs),
      label: inputs.label,
      eventAction: event.action,
      eventLabel: event.label,
    })
  const [clusters, scope] = await aws.log.group('Look at AWS and the pull request', async () => {
    const looked = await Promise.all([
      listClusters(aws.rds, { includeShared: false, signal: aws.signal }),
      readScope(0),
    ])
    logReading(context, await pullRequest.read(FRESH_DEMAND_MS))
    return looked
  })
  if (scope.kind === 'unknown') throw unreadablePullRequest(owner.number ?? 0, scope.because)
  if (scope.kind === 'nothing') return { outcome: 'skipped', skipReason: 'pull-request-open' }

  const targets = clonesInScope(clusters, { context, inputs, scope })
  if (targets.length === 0) return await nothingToDestroy(context, inputs, clusters)

  const remove = async (clone: OwnedClone, waitUntilGone: boolean): Promise<ExplainedRemoval> =>
    await removeOne(context, {
      clone,
      source: inputs.source,
      waitUntilGone,
      pace: paceOf(context, inputs),
      async stillUnwanted({ tags = {} }) {
        const now = await readScope(FRESH_DEMAND_MS)
        if (now.kind === 'unknown') throw unreadablePullRequest(owner.number ?? 0, now.because)
        // By the tags of this moment: a create may have given it another label since the listing.
        return isInScope(tags, now)
      },
    })
  const removals = await aws.log.group(
    `Destroy ${targets.length === 1 ? 'the clone' : `${targets.length} clones`} of ${ownerName(owner)}`,
    async () => {
      // Every request first: nobody's deletion waits for another's.
      const requested = await allOf(targets.map((clone) => remove(clone, false)))
      if (!inputs.wait) return requested
      return await allOf(
        requested.map((removal, index) => {
          const clone = targets[index]
          if (clone === undefined || removal.result !== 'deleting') return Promise.resolve(removal)
          return remove({ ...clone, cluster: { ...clone.cluster, status: 'deleting' } }, true)
        }),
      )
    },
  )
  return summarise(removals)
}

/** All results, in order; the first error only when nothing is under way any more, so that no deletion is left half done. */
async function allOf<T>(running: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(running)
  return await Promise.all(running)
}

function clonesInScope(
  clusters: readonly ClusterSnapshot[],
  {
    context: { owner },
    inputs,
    scope,
  }: { readonly context: ModeContext; readonly inputs: DestroyInputs; readonly scope: DestroyScope },
): readonly OwnedClone[] {
  const { server, repositoryId, key, generation } = owner
  return ownedClones(clusters, {
    server,
    repositoryId,
    key,
    ...(inputs.cloneName === '' ? {} : { name: inputs.cloneName }),
    ...(generation === undefined ? {} : { generation }),
  }).filter(({ tags }) => isInScope(tags, scope))
}

function isInScope(tags: Tags, scope: DestroyScope): boolean {
  switch (scope.kind) {
    case 'all':
      return true
    case 'label':
      return tags[TAG.label] === canonicalLabel(scope.label)
    case 'nothing':
    case 'unknown':
      return false
  }
}

async function removeOne(
  { aws, region, announce }: ModeContext,
  {
    clone: { cluster, identity },
    source,
    ...goal
  }: {
    readonly clone: OwnedClone
    readonly source: string | undefined
    readonly waitUntilGone: boolean
    readonly pace: Pace
    readonly stillUnwanted: (cluster: ClusterSnapshot) => Promise<boolean>
  },
): Promise<ExplainedRemoval> {
  const report = (state: CloneState) => {
    const clone = reportClone({ cluster, writer: undefined, state, region })
    announce(clone)
    return clone
  }
  let result: GoneResult
  try {
    result = await convergeGone(aws, {
      target: { identifier: cluster.identifier, resourceId: cluster.resourceId, identity, source },
      found: cluster,
      ...goal,
    })
  } catch (error) {
    const failure = asFailure(error)
    const because = failure.what
    if (!(failure instanceof Cancelled)) aws.log.warning(`Clone "${cluster.identifier}": ${failure.message}`)
    // AWS had accepted the deletion already: that stands, whatever became of the wait for its end.
    if (cluster.status === 'deleting')
      return { clone: report('deleting'), result: 'deleting', because, failure }
    if (failure instanceof Cancelled) {
      const clone = reportClone({ cluster, writer: undefined, state: 'ready', region })
      return { clone, result: 'cancelled', because, failure }
    }
    return { clone: report('failed'), result: 'failed', because, failure }
  }
  switch (result.kind) {
    case 'gone':
      return { clone: report('destroyed'), result: 'destroyed', because: undefined }
    case 'deleting':
      return { clone: report('deleting'), result: 'deleting', because: undefined }
    case 'wanted':
      aws.log.info(`Clone "${cluster.identifier}" is wanted again and was kept`)
      return {
        clone: reportClone({ cluster, writer: undefined, state: 'ready', region }),
        result: 'kept',
        because: 'the pull request wants it again',
      }
    case 'refused': {
      const { kind, because } = result.verdict
      aws.log.warning(`Clone "${cluster.identifier}" was not deleted: ${because}`)
      if (kind === 'held') return { clone: report('held'), result: 'held', because }
      return {
        clone: reportClone({ cluster, writer: undefined, state: 'failed', region }),
        result: 'refused',
        because,
        failure: deletionRefused(cluster.identifier, result.verdict),
      }
    }
  }
}

/** The whole from its parts: the least finished decides the word, the first failure the step's end. */
function summarise(removals: readonly ExplainedRemoval[]): Outcome {
  const results = removals.map(({ result }) => result)
  const failure = removals.find((removal) => removal.failure !== undefined)?.failure
  const base: Omit<Outcome, 'outcome'> = {
    removals,
    ...(removals[0] !== undefined && removals.length === 1 ? { clone: removals[0].clone } : {}),
    ...(failure === undefined ? {} : { failure }),
  }
  if (results.includes('deleting')) return { ...base, outcome: 'deleting' }
  if (results.includes('destroyed')) return { ...base, outcome: 'destroyed' }
  if (results.includes('held')) return { ...base, outcome: 'skipped', skipReason: 'held' }
  if (results.includes('kept')) return { ...base, outcome: 'skipped', skipReason: 'pull-request-open' }
  return { ...base, outcome: undefined }
}

/**
 * No clone in the listing. A cluster of that name that is not ours is somebody's mistake and is said; a writer of ours that
 * was left without its cluster is deleted.
 */
async function nothingToDestroy(
  context: ModeContext,
  inputs: DestroyInputs,
  clusters: readonly ClusterSnapshot[],
): Promise<Outcome> {
  const { aws, owner, repositoryName } = context
  const identity = identityOf(owner, inputs.cloneName)
  const clusterIdentifier = cloneIdentifier({
    prefix: inputs.identifierPrefix,
    repository: repositoryName,
    identity,
  })
  const namesake = clusters.find(({ identifier }) => identifier === clusterIdentifier)
  if (namesake !== undefined) {
    const ownership = ownershipOf(namesake)
    // Owned but out of scope: made for another label, and so not asked for.
    if (ownership.owned) return { outcome: 'absent' }
    throw deletionRefused(clusterIdentifier, {
      allowed: false,
      kind: 'not-owned',
      because: ownership.because,
    })
  }
  if (aws.signal.aborted) throw new Cancelled(`There is no clone of ${ownerName(owner)} in the listing.`)
  const orphan = await deleteOrphanInstance(aws, {
    instanceIdentifier: writerIdentifier(clusterIdentifier),
    clusterIdentifier,
    identity,
  })
  if (orphan) aws.log.info(`Deleted the writer that clone "${clusterIdentifier}" had left behind`)
  else aws.log.info(`There is no clone of ${ownerName(owner)}`)
  // An earlier run may have been killed between the deletion and its report.
  context.announce(reportGone({ identity, identifier: clusterIdentifier, region: context.region }))
  return { outcome: 'absent' }
}

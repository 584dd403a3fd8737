import { findSource } from '../aurora/clone/source.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import { Failure } from '../failure.ts'
import type { PublishInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import type { CloneRun } from './context.ts'
import { bringToReady } from './reach-ready.ts'
import { removeReplaced } from './refresh.ts'
import { findExisting } from './wait.ts'

/** Publishes a clone that the user's own steps have sanitised: verifies it, moves it to its network, and hands out its endpoint. */
export async function publish(run: CloneRun, inputs: PublishInputs): Promise<Outcome> {
  const { request, clusters, newest, incarnations } = await findExisting(run, inputs)
  const { found } = request
  const { readSanitisingOrder } = await import('../sanitise/read-order.ts')
  const sanitising =
    found === undefined
      ? undefined
      : await readSanitisingOrder(inputs.sanitising, found.engine, run.readFiles)
  const outcome = await bringToReady(run, {
    ...request,
    preparation: {
      by: 'this-run-after-steps',
      sanitising,
      securityGroupIds:
        newest === undefined
          ? undefined
          : publishedNetwork(newest, inputs.securityGroupIds ?? networkOfSource(newest, clusters)),
    },
  })
  await removeReplaced(run, incarnations, { outcome, replaces: newest?.replaces ?? 0, pace: request.pace })
  return outcome
}

/** The groups of the source, which a clone in quarantine does not tell. */
function networkOfSource(
  { source: { name = '', key }, identity }: OwnedClone,
  clusters: readonly ClusterSnapshot[],
): readonly string[] | undefined {
  const asked = key === undefined ? ({ kind: 'cluster', name } as const) : ({ kind: 'key', key } as const)
  return findSource(clusters, asked, identity)?.cluster.securityGroupIds
}

/** The groups that a clone in quarantine is to move to. Throws Failure if nobody knows them. */
export function publishedNetwork(
  { source: { name = '' }, hasBeenReady }: OwnedClone,
  groups: readonly string[] | undefined,
): readonly string[] | undefined {
  if (groups !== undefined || hasBeenReady) return groups
  throw new Failure({
    title: 'Source cluster not found',
    what: `Source cluster "${name}" is not there any more, so nothing says which security groups the clone is to have.`,
    remedy: 'Set vpc-security-group-ids, then run again.',
  })
}

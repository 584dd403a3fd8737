import { asFailure } from '../aurora/api/explain.ts'
import { describeInstancesOf } from '../aurora/api/describe.ts'
import type { InstanceSnapshot } from '../aurora/api/snapshot.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import { seenAfresh } from '../aurora/clone/generations.ts'
import { supersededAmong } from '../aurora/clone/incarnations.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import { labelWish, writeTags } from '../aurora/clone/renewal.ts'
import { type ResetRequests, isGoingBack, unmetRequests } from '../aurora/clone/reset-requests.ts'
import { TAG } from '../aurora/clone/tags.ts'
import { isUp, writerOf } from '../aurora/clone/writer.ts'
import type { Pace } from '../aurora/pace.ts'
import { FRESH_DEMAND_MS, demandOf } from '../demand.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, removalPaceOf, reportNow } from './context.ts'
import { removeClone, seriesNow } from './remove-clone.ts'

/** What is asked of a clone in use that stays. */
type Staying = Pick<
  CreateInputs,
  'allowForks' | 'label' | 'sanitising' | 'ttlMs' | 'envPrefix' | 'resetLabel'
>

/** The next incarnation is made beside the former one, which stays in use until then. If that fails, it stays as it is. */
export async function besideFormer(
  run: CloneRun,
  { former, request }: Readonly<{ former: OwnedClone; request: Staying }>,
  makeNext: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await makeNext()
  } catch (error) {
    const still = error instanceof Cancelled ? undefined : await stillInUse(run, request, former)
    if (still === undefined) throw error
    const failure = resetFailed(asFailure(error), former)
    const clone = reportNow(run, still.clone, {
      writer: still.writer,
      fate: { state: 'ready' },
      resetLabel: request.resetLabel,
      resetProblem: failure.what,
    })
    run.announce(clone)
    return { outcome: 'ready', clone, created: false, envPrefix: request.envPrefix, failure }
  }
}

/** It serves on, so its life is extended as by every run. `undefined`: nobody gets its endpoint from this run. */
async function stillInUse(
  { aws, pullRequest }: CloneRun,
  { allowForks, label, sanitising, ttlMs }: Staying,
  former: OwnedClone,
): Promise<Readonly<{ clone: OwnedClone; writer: InstanceSnapshot | undefined }> | undefined> {
  try {
    const reading = await pullRequest.read(FRESH_DEMAND_MS)
    const mayServe = reading.kind === 'open' && (allowForks || !reading.fromFork)
    // The run is to hand out no clone with the data of its source.
    if (sanitising !== undefined && former.preparation.kind === 'none') return undefined
    if (!mayServe || demandOf(reading, label).kind !== 'wanted') return undefined
    const clone = await writeTags(aws, former, { ttlMs, label: labelWish(label) })
    if (clone === undefined) return undefined
    const instances = await describeInstancesOf(aws.rds, clone.cluster.identifier, aws.signal)
    const writer = writerOf(clone.cluster, instances)
    const isReady = clone.hasBeenReady && !isGoingBack(clone) && isUp(clone.cluster, writer)
    return isReady ? { clone, writer } : undefined
  } catch {
    return undefined
  }
}

function resetFailed(
  { title, what, remedy, cause }: Failure,
  { cluster: { identifier } }: OwnedClone,
): Failure {
  return new Failure({
    title,
    what: `Clone "${identifier}" stays as it is, because no clone with fresh data could be made: ${what}`,
    remedy,
    cause,
  })
}

/** A person who asks learns that nothing was done. A push goes on with the data that is held. */
export function refusedByHold(
  { aws: { log } }: CloneRun,
  { cluster: { identifier }, hold, resets }: OwnedClone,
  asked: ResetRequests,
): Failure | undefined {
  const what = `Clone "${identifier}" keeps its data: its tag ${TAG.hold} is "${hold.text}".`
  const remedy = `To replace its data, set that tag to false, and ask again.`
  if (unmetRequests(asked, resets).some((kind) => kind !== 'commit'))
    return new Failure({ title: 'Clone is protected', what, remedy })
  log.warning(`${what} ${remedy}`)
  return undefined
}

/** A run that took it back was cut off, or went too far, and the hold keeps this one from finishing that. */
export function leftGoingBack({ cluster: { identifier }, hold }: OwnedClone): Failure {
  return new Failure({
    title: 'Clone is protected',
    what: `The reset of clone "${identifier}" was cut off, and its tag ${TAG.hold} is "${hold.text}", so no run finishes it. Nobody gets its endpoint.`,
    remedy: 'Set that tag to false, and run again.',
  })
}

/**
 * Requests the deletion of those that the clone was made to replace, if it is ready now. What does not succeed is done by the next run,
 * or by the sweep.
 */
export async function removeReplaced(
  run: CloneRun,
  clones: readonly OwnedClone[],
  { outcome, ...order }: ReplacedOrder & Readonly<{ outcome: Outcome }>,
): Promise<void> {
  // With a failure, the former one may be what serves, or the pull request cannot be read.
  if (outcome.outcome === 'ready' && outcome.failure === undefined) await removeUpTo(run, clones, order)
}

/**
 * The same before a clone is replaced that a run has handed out without waiting. Where no run ever waits, each push makes a new one,
 * and none would go. One that is still to get its own password is left to the run that waits.
 */
export async function removeReplacedBy(
  run: CloneRun,
  clones: readonly OwnedClone[],
  { former, pace }: Readonly<{ former: OwnedClone; pace: Pace }>,
): Promise<void> {
  const { aws } = run
  const { cluster, replaces, hasBeenReady, hasOwnCredentials } = former
  if (replaces === 0 || hasBeenReady || hasOwnCredentials) return
  const instances = await describeInstancesOf(aws.rds, cluster.identifier, aws.signal)
  if (!isUp(cluster, writerOf(cluster, instances))) return
  const ready = await writeTags(aws, former, { handOut: 'ready' })
  if (ready !== undefined) await removeUpTo(run, clones, { replaces, pace })
}

interface ReplacedOrder {
  readonly replaces: number
  readonly pace: Pace
}

async function removeUpTo(
  { aws, region }: CloneRun,
  clones: readonly OwnedClone[],
  { replaces, pace }: ReplacedOrder,
): Promise<void> {
  const due = clones.filter(
    ({ cluster, identity }) =>
      identity.incarnation <= replaces && clusterPhase(cluster.status) !== 'deleting',
  )
  for (const clone of due) {
    const { identifier } = clone.cluster
    const { result, because = 'a listing does not show its successor as ready yet' } = await removeClone(
      { aws, region, announce: () => undefined },
      {
        clone,
        leads: false,
        reason: 'superseded',
        source: undefined,
        waitUntilGone: false,
        pace: removalPaceOf(pace, { inHaste: true, nowMs: aws.clock.now() }),
        async askIfUnwanted() {
          const series = await seriesNow(aws, clone)
          return (look) => supersededAmong(seenAfresh(series, look.clone)).has(identifier)
        },
      },
    )
    if (result !== 'deleting' && result !== 'destroyed')
      aws.log.warning(
        `The former clone "${identifier}" stays for now: ${because}. The next run or sweep deletes it.`,
      )
  }
}

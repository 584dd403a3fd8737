import { StartDBClusterCommand } from '@aws-sdk/client-rds'
import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import { hasCode, isPassing } from './aws-call.ts'
import type { AwsRun, Pace } from './aws-run.ts'
import { deleteClone } from './delete-clone.ts'
import type { CloneIdentity } from './identity.ts'
import { describeCluster } from './observe.ts'
import { type DeletionTarget, type DeletionVerdict, judgeDeletion } from './ownership.ts'
import { type GoneMemory, planGone } from './plan-gone.ts'
import { pollDelayMs } from './poll-delay.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { standingLog } from './standing-log.ts'

export interface GoneGoal {
  /** The cluster as the caller saw it last, and decided about. */
  readonly found: ClusterSnapshot
  readonly identity: CloneIdentity
  /** The configured source cluster, where one is known. */
  readonly source: string | undefined
  /** Asked with the cluster as it is right before it is deleted or started; `false` ends the run. */
  readonly stillUnwanted: (cluster: ClusterSnapshot) => Promise<boolean>
  readonly waitUntilGone: boolean
  readonly pace: Pace
}

export type GoneResult =
  | { readonly kind: 'gone' }
  | { readonly kind: 'deleting' }
  /** Somebody wants it again. Nothing was done, unless it is half deleted: then AWS is deleting its instances. */
  | { readonly kind: 'wanted'; readonly isHalf: boolean }
  | {
      readonly kind: 'refused'
      readonly verdict: Exclude<DeletionVerdict, { readonly allowed: true }>
      readonly isHalf: boolean
    }

/** Brings one clone to gone, with the same loop as convergeReady. The deletion itself, and its guard, are in delete-clone.ts. */
export async function convergeGone(aws: AwsRun, goal: GoneGoal): Promise<GoneResult> {
  const { rds, clock, log, signal } = aws
  const { found, identity, pace, source } = goal
  const target: DeletionTarget = {
    identifier: found.identifier,
    resourceId: found.resourceId,
    identity,
    source,
  }
  const say = standingLog({ log, clock, ...pace })
  let memory: GoneMemory = { requested: false, startedAtMs: undefined }
  let cluster: ClusterSnapshot | undefined = found
  let isHalf = false

  for (;;) {
    const step = planGone({
      cluster,
      verdict: cluster === undefined ? undefined : judgeDeletion(cluster, target, clock.now()),
      memory,
      waitUntilGone: goal.waitUntilGone,
      nowMs: clock.now(),
    })
    let status = ''
    switch (step.kind) {
      case 'settled':
        return { kind: step.how }
      case 'refuse':
        return { kind: 'refused', verdict: step.verdict, isHalf }
      case 'wait':
        status = step.status
        break
      case 'start':
        throwIfCancelled(aws, { target, cluster, memory })
        if (cluster === undefined || !(await goal.stillUnwanted(cluster))) return { kind: 'wanted', isHalf }
        throwIfCancelled(aws, { target, cluster, memory })
        memory = { ...memory, startedAtMs: clock.now() }
        status = await startToDelete(aws, target.identifier)
        break
      case 'delete': {
        throwIfCancelled(aws, { target, cluster, memory })
        const result = await deleteClone(aws, target, goal.stillUnwanted)
        if (result.kind === 'gone') return result
        if (result.kind === 'refused' || result.kind === 'wanted') return { ...result, isHalf }
        if (result.kind === 'requested') {
          log.info(`Deleting "${target.identifier}"`)
          memory = { ...memory, requested: true }
          if (!goal.waitUntilGone) return { kind: 'deleting' }
          status = 'waiting for AWS to finish the deletion'
        } else {
          isHalf ||= result.hasBegun
          status = `waiting for the clone to be deletable: ${result.because}`
        }
      }
    }

    say(`${target.identifier}: ${status}`)
    const leftMs = pace.startedAtMs + pace.limitMs - clock.now()
    if (leftMs <= 0) throw timedOut(goal, { status, isGoing: isGoing(memory, cluster) })
    await clock.sleep(Math.min(pollDelayMs(pace.pollIntervalMs), leftMs), signal)
    throwIfCancelled(aws, { target, cluster, memory })
    try {
      const seen: ClusterSnapshot | undefined = await describeCluster(rds, target.identifier, signal)
      // The name may be taken again the moment it is free: that is not the one that was deleted.
      cluster = isGoing(memory, cluster) && seen?.resourceId !== target.resourceId ? undefined : seen
    } catch (error) {
      throwIfCancelled(aws, { target, cluster, memory })
      if (!isPassing(error)) throw error
      log.warning(`AWS did not answer this time (${error.operation}: ${error.message}); asking again.`)
    }
  }
}

async function startToDelete({ rds, log }: AwsRun, identifier: string): Promise<string> {
  log.info(`Clone "${identifier}" is stopped, and AWS deletes only running clusters; starting it`)
  try {
    await rds.send(new StartDBClusterCommand({ DBClusterIdentifier: identifier }))
  } catch (error) {
    if (!hasCode(error, 'InvalidDBClusterStateFault', 'DBClusterNotFoundFault')) throw error
  }
  return 'waiting for the clone to start'
}

/** AWS has accepted the deletion, of this run or of an earlier one. */
function isGoing(memory: GoneMemory, cluster: ClusterSnapshot | undefined): boolean {
  return memory.requested || cluster?.status === 'deleting'
}

function timedOut(
  { found, pace }: GoneGoal,
  { status, isGoing: accepted }: { readonly status: string; readonly isGoing: boolean },
): Failure {
  const limit = formatDuration(pace.limitMs)
  return accepted
    ? new Failure({
        title: 'Timed out',
        what: `Clone "${found.identifier}" was not gone within ${limit} (${status}).`,
        remedy: 'AWS goes on deleting it; nothing else is needed.',
      })
    : new Failure({
        title: 'Timed out',
        what: `Clone "${found.identifier}" could not be deleted within ${limit} (${status}). It keeps its tags, so that a later destroy or sweep finds it.`,
        remedy: 'Run mode destroy again when the cluster is available.',
      })
}

function throwIfCancelled(
  { signal }: AwsRun,
  {
    target: { identifier },
    cluster,
    memory,
  }: {
    readonly target: DeletionTarget
    readonly cluster: ClusterSnapshot | undefined
    readonly memory: GoneMemory
  },
): void {
  if (!signal.aborted) return
  throw new Cancelled(
    isGoing(memory, cluster)
      ? `AWS has accepted the deletion of clone "${identifier}" and goes on with it.`
      : `Clone "${identifier}" stands at: ${cluster === undefined ? 'gone' : `cluster ${cluster.status}`}.`,
  )
}

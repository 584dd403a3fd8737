import type {
  StartDBClusterMessage,
  StartDBClusterResult,
  StopDBClusterMessage,
  StopDBClusterResult,
} from '@aws-sdk/client-rds'
import { clusterOr404, describedCluster } from './clusters.ts'
import { isBacktracking } from './marked-moments.ts'
import { rdsFault } from './protocol/model.ts'
import { clusterStatus, membersOf, putCluster, putInstance } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord } from './records.ts'
import { rewritten } from './timeline.ts'
import type { PhaseEvent, Timeline } from './timeline.ts'

/** AWS starts a stopped cluster by itself after seven days. [aurora §4.1] */
const LONGEST_STOP_MS = 7 * 24 * 60 * 60 * 1_000

const notification = (message: string): PhaseEvent => ({ message, categories: ['notification'] })

interface Transition {
  readonly cluster: ClusterRecord
  readonly phasesFor: (subject: 'cluster' | 'instance') => Timeline
}

/** A cluster and its members start and stop together. */
function transit(moment: Moment, { cluster, phasesFor }: Transition): ClusterRecord {
  for (const member of membersOf(moment, cluster)) {
    putInstance(moment, { ...member, later: rewritten(member.later, phasesFor('instance')) })
  }
  return putCluster(moment, { ...cluster, timeline: rewritten(cluster.timeline, phasesFor('cluster')) })
}

interface Start {
  readonly from: number
  readonly subject: string
}

const startingAt = (moment: Moment, { from, subject }: Start): Timeline => [
  { from, status: 'starting' },
  {
    from: from + moment.behaviour.startingMs,
    status: 'available',
    event: notification(`DB ${subject} started`),
  },
]

interface Stop {
  readonly cluster: ClusterRecord
  /** Now, for a cluster that skips the minutes of stopping. */
  readonly stoppedAt: number
}

export function stoppedCluster(moment: Moment, { cluster, stoppedAt }: Stop): ClusterRecord {
  const automaticRestartAt = stoppedAt + LONGEST_STOP_MS
  const stopping: Timeline = stoppedAt > moment.now ? [{ from: moment.now, status: 'stopping' }] : []
  return transit(moment, {
    cluster: { ...cluster, automaticRestartAt },
    phasesFor: (subject) => [
      ...stopping,
      { from: stoppedAt, status: 'stopped', event: notification(`DB ${subject} stopped`) },
      ...startingAt(moment, { from: automaticRestartAt, subject }),
    ],
  })
}

interface Expected {
  readonly cluster: ClusterRecord
  readonly status: string
}

function refuseUnless(moment: Moment, { cluster, status: expected }: Expected): void {
  const status = clusterStatus(moment, cluster)
  const isLeaving = cluster.deletionRequestedAt !== undefined
  if (status !== expected || isLeaving || isBacktracking(moment.now, cluster)) {
    throw rdsFault('InvalidDBClusterStateFault', `DbCluster ${cluster.identifier} is in ${status} state`)
  }
}

export function startDBCluster(input: StartDBClusterMessage, moment: Moment): StartDBClusterResult {
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  refuseUnless(moment, { cluster, status: 'stopped' })
  const started = transit(moment, {
    cluster,
    phasesFor: (subject) => startingAt(moment, { from: moment.now, subject }),
  })
  return { DBCluster: describedCluster(moment, started) }
}

export function stopDBCluster(input: StopDBClusterMessage, moment: Moment): StopDBClusterResult {
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  refuseUnless(moment, { cluster, status: 'available' })
  const stopped = stoppedCluster(moment, { cluster, stoppedAt: moment.now + moment.behaviour.stoppingMs })
  return { DBCluster: describedCluster(moment, stopped) }
}

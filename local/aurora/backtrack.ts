import type {
  BacktrackDBClusterMessage,
  DBClusterBacktrack,
  DBClusterBacktrackMessage,
  DescribeDBClusterBacktracksMessage,
} from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { clusterOr404 } from './clusters.ts'
import { matcher } from './describe.ts'
import type { Filters } from './describe.ts'
import { uuid } from './identifiers.ts'
import { earliestBacktrackTime, isBacktracking, nearestMoment, withMoment } from './marked-moments.ts'
import { clusterStatus, instanceStatus, membersOf, putCluster, putInstance } from './moment.ts'
import type { Moment } from './moment.ts'
import { page } from './pagination.ts'
import { rdsFault } from './protocol/model.ts'
import type { Backtrack, ClusterRecord } from './records.ts'
import { rewritten } from './timeline.ts'
import type { Timeline } from './timeline.ts'

// A cluster of Aurora MySQL goes back to an earlier moment of its own. (Aurora user guide, "Backtracking an Aurora DB cluster".)

/** The words of AWS: cloudquery/cloudquery#9351. */
function refuseOtherEngines({ engine, engineVersion }: ClusterRecord): void {
  if (engine === 'aurora-mysql') return
  const product = engine === 'aurora-postgresql' ? 'Aurora PostgreSQL' : engine
  throw invalidCombination(
    `${product} Engine Version ${engineVersion} with mode: PROVISIONED does not support Backtrack.`,
  )
}

function refuseUnlessReady(moment: Moment, cluster: ClusterRecord): void {
  const { identifier, backtrackWindow, deletionRequestedAt } = cluster
  if (backtrackWindow === 0)
    throw invalidCombination(`Backtrack is not enabled for DB cluster ${identifier}.`)
  const status = clusterStatus(moment, cluster)
  const isBusy = deletionRequestedAt !== undefined || isBacktracking(moment.now, cluster)
  if (status !== 'available' || isBusy || moment.behaviour.backtrack === 'refused')
    throw rdsFault(
      'InvalidDBClusterStateFault',
      `DbCluster ${identifier} cannot be backtracked now. Its status is ${status}.`,
    )
}

/** (RDS API, BacktrackDBCluster, Force.) */
function refuseBinaryLog({ state }: Moment, { parameterGroup }: ClusterRecord, isForced: boolean): void {
  const { binlog_format: format = 'OFF' } = state.clusterParameterGroups.get(parameterGroup)?.parameters ?? {}
  if (format.toUpperCase() !== 'OFF' && !isForced)
    throw invalidCombination(
      'Backtrack is not possible while binary logging is enabled, unless it is forced.',
    )
}

/** (RDS API, BacktrackDBCluster, BacktrackTo and UseEarliestTimeOnPointInTimeUnavailable.) */
function targetTime({ now }: Moment, cluster: ClusterRecord, input: BacktrackDBClusterMessage): number {
  const to = input.BacktrackTo?.getTime() ?? NaN
  const earliest = earliestBacktrackTime(now, cluster)
  if (to > now) throw invalidValue('The time to backtrack to must not be in the future.')
  if (to >= earliest) return to
  if (input.UseEarliestTimeOnPointInTimeUnavailable === true) return earliest
  throw invalidValue(
    `The time to backtrack to is before the earliest backtrack time, ${new Date(earliest).toISOString()}.`,
  )
}

function newBacktrack(moment: Moment, cluster: ClusterRecord, input: BacktrackDBClusterMessage): Backtrack {
  const { now, behaviour } = moment
  const nearest = nearestMoment(now, cluster, targetTime(moment, cluster, input))
  if (nearest === undefined) throw new Error(`No moment of ${cluster.identifier} is marked.`)
  const startsAt = now + behaviour.backtrackPendingMs
  return {
    identifier: uuid(`backtrack of ${cluster.resourceId} at ${now}`),
    requestedAt: now,
    requestedTo: input.BacktrackTo?.getTime() ?? now,
    startsAt,
    endsAt: startsAt + behaviour.backtrackingMs,
    fails: behaviour.backtrack === 'fails',
    moment: nearest,
  }
}

/** What counts once it is over; a cluster that has paused wakes up. (Aurora user guide, "automatic pause and resume".) */
function rewinding({ now }: Moment, cluster: ClusterRecord, backtrack: Backtrack): ClusterRecord {
  const { backtracks = [], pausedUntil } = cluster
  const going = {
    ...cluster,
    backtracks: [...backtracks, backtrack],
    ...(pausedUntil !== undefined && { pausedUntil: now }),
  }
  return backtrack.fails ? going : withMoment(now, going, { ...backtrack.moment, at: backtrack.endsAt })
}

const phases = ({ startsAt, endsAt }: Backtrack): Timeline => [
  { from: startsAt, status: 'backtracking' },
  { from: endsAt, status: 'available' },
]

export function backtrackDBCluster(input: BacktrackDBClusterMessage, moment: Moment): DBClusterBacktrack {
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  refuseOtherEngines(cluster)
  refuseUnlessReady(moment, cluster)
  refuseBinaryLog(moment, cluster, input.Force === true)
  const backtrack = newBacktrack(moment, cluster, input)
  for (const member of membersOf(moment, cluster))
    if (instanceStatus(moment, member) === 'available')
      putInstance(moment, { ...member, later: rewritten(member.later, phases(backtrack)) })
  const rewound = rewinding(moment, cluster, backtrack)
  putCluster(moment, { ...rewound, timeline: rewritten(rewound.timeline, phases(backtrack)) })
  return described(moment, cluster, backtrack)
}

function statusOf({ now }: Moment, { startsAt, endsAt, fails }: Backtrack): string {
  if (now < startsAt) return 'pending'
  if (now < endsAt) return 'applying'
  return fails ? 'failed' : 'completed'
}

/** AWS's example has whole seconds in BacktrackTo, and one minute from the request to BacktrackedFrom. (DescribeDBClusterBacktracks.) */
function described(moment: Moment, cluster: ClusterRecord, backtrack: Backtrack): DBClusterBacktrack {
  const status = statusOf(moment, backtrack)
  const to = status === 'completed' ? Math.floor(backtrack.moment.at / 1_000) * 1_000 : backtrack.requestedTo
  return {
    DBClusterIdentifier: cluster.identifier,
    BacktrackIdentifier: backtrack.identifier,
    BacktrackTo: new Date(to),
    BacktrackedFrom: status === 'pending' ? undefined : new Date(backtrack.startsAt),
    BacktrackRequestCreationTime: new Date(backtrack.requestedAt),
    Status: moment.behaviour.backtrackStatuses === 'upper-case' ? status.toUpperCase() : status,
  }
}

const filtersAt = (moment: Moment): Filters<Backtrack> => ({
  'db-cluster-backtrack-id': ({ identifier }, value) => identifier === value,
  'db-cluster-backtrack-status': (backtrack, value) => statusOf(moment, backtrack) === value,
})

/** Of any JavaScript date. */
const LATEST_MS = 8_640_000_000_000_000

/** The newest first, as in AWS's example. */
export function describeDBClusterBacktracks(
  input: DescribeDBClusterBacktracksMessage,
  moment: Moment,
): DBClusterBacktrackMessage {
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  refuseOtherEngines(cluster)
  const matches = matcher(filtersAt(moment), input.Filters ?? [])
  const { BacktrackIdentifier: wanted } = input
  const all = cluster.backtracks ?? []
  const named = wanted === undefined ? all : all.filter(({ identifier }) => identifier === wanted)
  if (wanted !== undefined && named.length === 0)
    throw rdsFault('DBClusterBacktrackNotFoundFault', `Backtrack ${wanted} not found.`)
  const { items, marker } = page({
    items: named.filter(matches),
    keyOf: ({ requestedAt }) => String(LATEST_MS - requestedAt).padStart(16, '0'),
    request: input,
    moment,
  })
  return { DBClusterBacktracks: items.map((one) => described(moment, cluster, one)), Marker: marker }
}

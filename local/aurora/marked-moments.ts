import { putCluster } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, MarkedMoment } from './records.ts'

// What a cluster with Backtrack can go back to. AWS knows all consistent times of the window. This cloud knows the moments that are
// marked: those of each call that changes the cluster, and those that a test marks. [aurora §8]

/** A clone does not go back to before it was made. (Aurora user guide, "Backtracking limitations".) */
export const earliestBacktrackTime = (
  now: number,
  { createdAt, backtrackWindow }: Pick<ClusterRecord, 'createdAt' | 'backtrackWindow'>,
): number => Math.max(createdAt, now - backtrackWindow * 1_000)

/** From the request to the end. */
export const isBacktracking = (
  now: number,
  { backtracks = [] }: Pick<ClusterRecord, 'backtracks'>,
): boolean => backtracks.some(({ endsAt }) => now < endsAt)

type WithPassword = Pick<
  ClusterRecord,
  'backtracks' | 'formerMasterPasswords' | 'masterPassword' | 'masterPasswordFrom'
>

/** The master password that opens the database. RDS and its secret know the last one that was set, also after a backtrack to before it. */
export function masterPasswordInForce(now: number, cluster: WithPassword): string {
  const { backtracks = [], formerMasterPasswords = [], masterPassword, masterPasswordFrom } = cluster
  const rewound = backtracks.filter(({ fails }) => !fails)
  const begun = [
    ...formerMasterPasswords,
    { password: masterPassword, from: masterPasswordFrom ?? -Infinity },
    ...rewound.map(({ moment, endsAt }) => ({ password: moment.masterPassword, from: endsAt })),
  ].filter(({ from }) => from <= now)
  return begun.toSorted((a, b) => a.from - b.from).at(-1)?.password ?? masterPassword
}

type WithMoments = Pick<ClusterRecord, 'backtrackWindow' | 'createdAt' | 'markedMoments'>

/** Those in the window. The last one before it stands for the window's beginning: nothing is known to have changed in between. */
function reachableMoments(now: number, cluster: WithMoments): readonly MarkedMoment[] {
  const earliest = earliestBacktrackTime(now, cluster)
  const past = (cluster.markedMoments ?? []).filter(({ at }) => at <= now)
  const first = past.findLast(({ at }) => at <= earliest)
  const inside = past.filter(({ at }) => at > earliest)
  return first === undefined ? inside : [{ ...first, at: earliest }, ...inside]
}

/** Aurora takes the nearest consistent time, be it before or after. (Aurora user guide, "Backtracking time".) */
export function nearestMoment(now: number, cluster: WithMoments, to: number): MarkedMoment | undefined {
  const distance = ({ at }: MarkedMoment): number => Math.abs(at - to)
  return reachableMoments(now, cluster).toSorted((a, b) => distance(a) - distance(b))[0]
}

/** In the order of time; of two at the same time the later one counts. What is out of reach is forgotten. */
export function withMoment(now: number, cluster: ClusterRecord, marked: MarkedMoment): ClusterRecord {
  const moments = (cluster.markedMoments ?? []).filter(({ at }) => at !== marked.at)
  const earliest = earliestBacktrackTime(now, cluster)
  const first = moments.findLast(({ at }) => at <= earliest)?.at ?? -Infinity
  const markedMoments = [...moments.filter(({ at }) => at >= first), marked].toSorted((a, b) => a.at - b.at)
  return { ...cluster, markedMoments }
}

/** A cluster without Backtrack keeps nothing. */
export function withMark(
  now: number,
  cluster: ClusterRecord,
  masterPassword: string = masterPasswordInForce(now, cluster),
): ClusterRecord {
  if (cluster.backtrackWindow === 0) return cluster
  const data = 1 + Math.max(0, ...(cluster.markedMoments ?? []).map((moment) => moment.data))
  return withMoment(now, cluster, { at: now, data, masterPassword })
}

/** Marks every cluster that a call has changed, with the data that the call has found. */
export function markChanged(moment: Moment, before: ReadonlyMap<string, ClusterRecord>): void {
  const { now, state } = moment
  for (const cluster of state.clusters.values()) {
    const former = before.get(cluster.resourceId)
    if (former !== cluster)
      putCluster(moment, withMark(now, cluster, masterPasswordInForce(now, former ?? cluster)))
  }
}

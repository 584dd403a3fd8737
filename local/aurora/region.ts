import type { Clock } from '../time/clock.ts'
import type { Behaviour } from './behaviour.ts'
import { clusterOr404, clusterView } from './clusters.ts'
import { PendingFailures, failurePhases } from './failure-scripts.ts'
import type { Predicate, ScriptedFailure } from './failure-scripts.ts'
import { instanceView } from './instances.ts'
import { withMark } from './marked-moments.ts'
import { stoppedCluster } from './power.ts'
import { seededCluster, seededSubnetGroup, seededParameterGroup } from './seeding.ts'
import type { ClusterSeed, ParameterGroupSeed, SecurityGroupSeed, SubnetGroupSeed } from './seeding.ts'
import { findCluster, findInstance, liveClusters, liveInstances, putCluster, putInstance } from './moment.ts'
import type { FailureScripts, Moment } from './moment.ts'
import type { RegionState } from './records.ts'
import { rewritten } from './timeline.ts'
import type { ClusterView, InstanceView } from './views.ts'

/** A Region's state at some moment, to go back to. */
export type RegionSnapshot = RegionState

interface RegionOptions {
  readonly accountId: string
  readonly name: string
  readonly clock: Clock
  readonly behaviour: Behaviour
}

/** A Region as tests see it: what to put there, what is there, and what is to go wrong. */
export class AuroraRegion {
  readonly name: string
  readonly #state: RegionState
  readonly #clock: Clock
  readonly #behaviour: Behaviour
  readonly #scripts: FailureScripts = { clusters: new PendingFailures(), instances: new PendingFailures() }

  constructor({ accountId, name, clock, behaviour }: RegionOptions) {
    this.name = name
    this.#clock = clock
    this.#behaviour = behaviour
    this.#state = {
      accountId,
      name,
      clusters: new Map(),
      instances: new Map(),
      subnetGroups: new Map(),
      clusterParameterGroups: new Map(),
      parameterGroups: new Map(),
      securityGroups: new Map(),
    }
    // Every Region has a default VPC with a subnet in each zone.
    this.seedSubnetGroup({ name: 'default', vpcId: 'vpc-default' })
  }

  /** What the rules are given: this Region, now. */
  moment(): Moment {
    return { now: this.#clock.now(), state: this.#state, behaviour: this.#behaviour, scripts: this.#scripts }
  }

  // Seeding.

  /** `seedCluster({ identifier: 'orders' })` is a PostgreSQL 16 cluster with one writer, available for a month. */
  seedCluster(seed: ClusterSeed): ClusterView {
    const moment = this.moment()
    return clusterView(moment, seededCluster(moment, seed))
  }

  seedSubnetGroup(seed: SubnetGroupSeed): void {
    const group = seededSubnetGroup(this.name, seed)
    this.#state.subnetGroups.set(group.name, group)
  }

  seedClusterParameterGroup(seed: ParameterGroupSeed): void {
    const group = seededParameterGroup(seed)
    this.#state.clusterParameterGroups.set(group.name, group)
  }

  seedParameterGroup(seed: ParameterGroupSeed): void {
    const group = seededParameterGroup(seed)
    this.#state.parameterGroups.set(group.name, group)
  }

  /** Known groups are checked for their VPC; others are taken as they come. */
  seedSecurityGroup({ id, vpcId }: SecurityGroupSeed): void {
    this.#state.securityGroups.set(id, vpcId)
  }

  // Looking.

  cluster(identifier: string): ClusterView | undefined {
    const moment = this.moment()
    const cluster = findCluster(moment, identifier)
    return cluster && clusterView(moment, cluster)
  }

  clusters(): readonly ClusterView[] {
    const moment = this.moment()
    return liveClusters(moment).map((cluster) => clusterView(moment, cluster))
  }

  instance(identifier: string): InstanceView | undefined {
    const moment = this.moment()
    const instance = findInstance(moment, identifier)
    return instance && instanceView(moment, instance)
  }

  instances(): readonly InstanceView[] {
    const moment = this.moment()
    return liveInstances(moment).map((instance) => instanceView(moment, instance))
  }

  // Going wrong.

  failCluster(which: string | Predicate<ClusterView>, failure: ScriptedFailure): void {
    const matches = typeof which === 'string' ? byIdentifier(which) : which
    const moment = this.moment()
    const existing = liveClusters(moment).filter((cluster) => matches(clusterView(moment, cluster)))
    if (appliesNow(failure)) {
      for (const cluster of existing) {
        putCluster(moment, {
          ...cluster,
          timeline: rewritten(cluster.timeline, failurePhases(failure, moment.now)),
        })
      }
    }
    if (appliesLater(failure, existing.length)) this.#scripts.clusters.add({ matches, failure })
  }

  failInstance(which: string | Predicate<InstanceView>, failure: ScriptedFailure): void {
    const matches = typeof which === 'string' ? byIdentifier(which) : which
    const moment = this.moment()
    const existing = liveInstances(moment).filter((instance) => matches(instanceView(moment, instance)))
    if (appliesNow(failure)) {
      for (const instance of existing) {
        putInstance(moment, {
          ...instance,
          later: rewritten(instance.later, failurePhases(failure, moment.now)),
        })
      }
    }
    if (appliesLater(failure, existing.length)) this.#scripts.instances.add({ matches, failure })
  }

  /** Stopped from now on, without the minutes that stopping takes. */
  stopCluster(identifier: string): void {
    const moment = this.moment()
    stoppedCluster(moment, { cluster: clusterOr404(moment, identifier), stoppedAt: moment.now })
  }

  /** At 0 ACUs from now on: the RDS Data API wakes it. Whoever connects to its endpoint does not notice here. */
  pauseCluster(identifier: string): void {
    const moment = this.moment()
    putCluster(moment, { ...clusterOr404(moment, identifier), pausedUntil: Infinity })
  }

  /**
   * It can be rewound to now, as it can to each call that changed it: AWS knows all consistent times. With databases, `settle` of those
   * keeps its data as they are now; `markMoment` of cloud.ts does both.
   */
  markMoment(identifier: string): void {
    const moment = this.moment()
    const cluster = clusterOr404(moment, identifier)
    if (cluster.backtrackWindow === 0) throw new Error(`${identifier} has no Backtrack.`)
    putCluster(moment, withMark(moment.now, cluster))
  }

  /** The secret that RDS keeps for it is gone, and the cluster still names it. */
  deleteSecret(identifier: string): void {
    const moment = this.moment()
    const cluster = clusterOr404(moment, identifier)
    if (cluster.managedSecret === undefined) throw new Error(`${identifier} has no managed secret.`)
    putCluster(moment, { ...cluster, managedSecret: { ...cluster.managedSecret, isDeleted: true } })
  }

  /**
   * From now on its LatestRestorableTime stands still, until `letRestorableTimeGo`. With databases, `settle` of those keeps its data as
   * they are now, and copies have those: whether a clone at AWS has later ones is an open question. [aurora second look, unknown 2]
   */
  holdRestorableTime(identifier: string): void {
    const moment = this.moment()
    putCluster(moment, { ...clusterOr404(moment, identifier), restorableUntil: moment.now })
  }

  letRestorableTimeGo(identifier: string): void {
    const moment = this.moment()
    putCluster(moment, { ...clusterOr404(moment, identifier), restorableUntil: undefined })
  }

  // Going back.

  snapshot(): RegionSnapshot {
    return copyOf(this.#state)
  }

  restore(snapshot: RegionSnapshot): void {
    const { clusters, instances, subnetGroups, clusterParameterGroups, parameterGroups, securityGroups } =
      this.#state
    refill(clusters, snapshot.clusters)
    refill(instances, snapshot.instances)
    refill(subnetGroups, snapshot.subnetGroups)
    refill(clusterParameterGroups, snapshot.clusterParameterGroups)
    refill(parameterGroups, snapshot.parameterGroups)
    refill(securityGroups, snapshot.securityGroups)
  }
}

const byIdentifier =
  (identifier: string) =>
  (view: { readonly identifier: string }): boolean =>
    view.identifier === identifier.toLowerCase()

const appliesNow = ({ applies = 'existing' }: ScriptedFailure): boolean => applies === 'existing'

function appliesLater({ applies }: ScriptedFailure, existing: number): boolean {
  return applies === undefined ? existing === 0 : applies !== 'existing'
}

const copyOf = (state: RegionState): RegionState => ({
  accountId: state.accountId,
  name: state.name,
  clusters: new Map(state.clusters),
  instances: new Map(state.instances),
  subnetGroups: new Map(state.subnetGroups),
  clusterParameterGroups: new Map(state.clusterParameterGroups),
  parameterGroups: new Map(state.parameterGroups),
  securityGroups: new Map(state.securityGroups),
})

function refill<Value>(map: Map<string, Value>, values: ReadonlyMap<string, Value>): void {
  map.clear()
  for (const [key, value] of values) map.set(key, value)
}

import type {
  CreateDBInstanceResult,
  DBCluster,
  RestoreDBClusterToPointInTimeMessage,
  RestoreDBClusterToPointInTimeResult,
} from '@aws-sdk/client-rds'
import {
  type Answer,
  type Role,
  type Script,
  ask,
  askUntil,
  hasCode,
  isAccepted,
  isDenied,
  pauseAfter,
} from './script.ts'
import { type Clone, SOURCE } from './stage.ts'

// What several steps do with clusters and instances.

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
export const POLL_MS = 5 * SECOND_MS
export const LIMIT_MS = 60 * MINUTE_MS
/** Longer than tags need to count anywhere. */
const TAGS_LIMIT_MS = 2 * MINUTE_MS
/** A full copy of a large volume takes hours; those of the test have almost no data. */
export const COPY_LIMIT_MS = 120 * MINUTE_MS

export const RANGE = { MinCapacity: 0, MaxCapacity: 1, SecondsUntilAutoPause: 300 }

type Restore = Partial<RestoreDBClusterToPointInTimeMessage>

/** As the action sends it, as far as the answer depends on it. */
export function restore(
  { role, clone }: { readonly role: Role; readonly clone: Clone },
  more: Restore = {},
): Script<Answer<RestoreDBClusterToPointInTimeResult>> {
  return ask(role, 'RestoreDBClusterToPointInTime', {
    DBClusterIdentifier: clone.identifier,
    SourceDBClusterIdentifier: SOURCE,
    RestoreType: 'copy-on-write',
    UseLatestRestorableTime: true,
    BackupRetentionPeriod: 1,
    ServerlessV2ScalingConfiguration: RANGE,
    Tags: [...clone.tags],
    ...more,
  })
}

/** The same, where the only question is what becomes of the clone: it waits until AWS takes it. */
export function* restoreSometime(
  target: { readonly role: Role; readonly clone: Clone },
  more: Restore = {},
): Script<Answer<RestoreDBClusterToPointInTimeResult>> {
  return yield* askUntil(() => restore(target, more), {
    isGood: (answer) => !hasCode(answer, 'InvalidDBClusterStateFault'),
    pauseMs: POLL_MS,
    limitMs: LIMIT_MS,
  })
}

/** Until the tags of a new clone count, its role may do nothing with it. */
export function* askWhenTagged<Output>(question: () => Script<Answer<Output>>): Script<Answer<Output>> {
  return yield* askUntil(question, {
    isGood: (answer) => !isDenied(answer),
    pauseMs: SECOND_MS,
    limitMs: TAGS_LIMIT_MS,
  })
}

/** As the action sends it. */
export function createWriter(
  role: Role,
  { identifier, writer, engine, tags }: Clone,
): Script<Answer<object>> {
  return ask(role, 'CreateDBInstance', {
    DBInstanceIdentifier: writer,
    DBClusterIdentifier: identifier,
    Engine: engine,
    DBInstanceClass: 'db.serverless',
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    MonitoringInterval: 0,
    Tags: [...tags],
  })
}

/** One more instance, without a tag of its own. */
export function createUntagged(
  { identifier }: Pick<Clone, 'identifier'>,
  suffix: string,
): Script<Answer<CreateDBInstanceResult>> {
  return ask('set-up', 'CreateDBInstance', {
    DBInstanceIdentifier: `${identifier}-${suffix}`,
    DBClusterIdentifier: identifier,
    Engine: 'aurora-postgresql',
    DBInstanceClass: 'db.serverless',
    PubliclyAccessible: false,
  })
}

/** The same, where the only question is what becomes of it: it waits until AWS takes it. */
export function* createWriterSometime(role: Role, clone: Clone): Script<Answer<object>> {
  return yield* askUntil(() => createWriter(role, clone), {
    isGood: (answer) => !hasCode(answer, 'InvalidDBClusterStateFault') && !isDenied(answer),
    pauseMs: POLL_MS,
    limitMs: LIMIT_MS,
  })
}

/** Undefined where AWS does not show it. */
export function* clusterNamed(identifier: string): Script<DBCluster | undefined> {
  const { output } = yield* ask('set-up', 'DescribeDBClusters', { DBClusterIdentifier: identifier })
  return output?.DBClusters?.[0]
}

/** A status, and when it was first seen. */
export interface Sight {
  readonly status: string
  readonly atMs: number
}

/** What a resource that is not shown has as its status. */
export const NOT_FOUND = 'not found'

const statusOf = (answer: Answer<object>, status: string | undefined): string =>
  isAccepted(answer) ? (status ?? NOT_FOUND) : NOT_FOUND

export function* sightOfCluster(identifier: string): Script<Sight> {
  const answer = yield* ask('set-up', 'DescribeDBClusters', { DBClusterIdentifier: identifier })
  return { status: statusOf(answer, answer.output?.DBClusters?.[0]?.Status), atMs: answer.atMs }
}

export function* sightOfInstance(identifier: string): Script<Sight> {
  const answer = yield* ask('set-up', 'DescribeDBInstances', { DBInstanceIdentifier: identifier })
  return { status: statusOf(answer, answer.output?.DBInstances?.[0]?.DBInstanceStatus), atMs: answer.atMs }
}

/** Looks until the status is one of these, for so long at most. The statuses that it has seen, each where it changed. A steady look misses none that is short. */
export function* watch(
  look: () => Script<Sight>,
  ends: readonly string[],
  { pauseMs = POLL_MS, limitMs = LIMIT_MS, isSteady = false } = {},
): Script<readonly Sight[]> {
  let last = yield* look()
  const sights = [last]
  const { atMs: startedAtMs } = last
  while (!ends.includes(last.status) && last.atMs - startedAtMs < limitMs) {
    yield { pauseMs: isSteady ? pauseMs : pauseAfter(last.atMs - startedAtMs, pauseMs) }
    const next = yield* look()
    if (next.status !== last.status) sights.push(next)
    last = next
  }
  return sights
}

const AVAILABLE = ['available']
export const GONE = [NOT_FOUND]

export interface Phase {
  readonly status: string
  readonly forMs: number
}

/** How long each status was seen, but for the last one. Pure. */
export function phases(sights: readonly Sight[]): readonly Phase[] {
  return sights.slice(0, -1).map(({ status, atMs }, index) => ({
    status,
    forMs: (sights[index + 1]?.atMs ?? atMs) - atMs,
  }))
}

export function* waitForCluster(identifier: string, limitMs = LIMIT_MS): Script<boolean> {
  const sights = yield* watch(() => sightOfCluster(identifier), AVAILABLE, { limitMs })
  return sights.at(-1)?.status === 'available'
}

export function* waitForInstance(identifier: string): Script<boolean> {
  const sights = yield* watch(() => sightOfInstance(identifier), AVAILABLE)
  return sights.at(-1)?.status === 'available'
}

export function deleteInstance(role: Role, identifier: string): Script<Answer<object>> {
  return ask(role, 'DeleteDBInstance', { DBInstanceIdentifier: identifier, SkipFinalSnapshot: true })
}

export function deleteCluster(role: Role, identifier: string): Script<Answer<object>> {
  return ask(role, 'DeleteDBCluster', { DBClusterIdentifier: identifier, SkipFinalSnapshot: true })
}

import type { CloneReport, CloneState, RemovalReason, Undeleted } from '../outcome.ts'
import { type CloneIdentity, identityHash, pullRequestNumber, writerIdentifier } from './identity.ts'
import { claimedIdentity, isHeld, labelOf, TAG } from './tags.ts'
import { standing } from './plan-ready.ts'
import type { ClusterSnapshot, InstanceSnapshot } from './snapshot.ts'

/** What is told of a clone. Only its own endpoint, never the source's: nothing here is looked up elsewhere. */
export function reportClone({
  cluster,
  writer,
  state,
  region,
  nowMs,
  removedBecause,
  undeleted,
}: {
  readonly cluster: ClusterSnapshot
  readonly writer: InstanceSnapshot | undefined
  readonly state: CloneState
  readonly region: string
  readonly nowMs: number
  readonly removedBecause?: RemovalReason | undefined
  readonly undeleted?: Undeleted | undefined
}): CloneReport {
  const tags = cluster.tags ?? {}
  const identity = claimedIdentity(tags)
  return {
    state,
    standing: standing(cluster, writer),
    identifier: cluster.identifier,
    identityHash: identity === undefined ? '' : identityHash(identity),
    key: identity?.key ?? '',
    pullRequest: pullRequestNumber(identity?.key ?? ''),
    hasBeenReady: tags[TAG.readyAt] !== undefined,
    hasLabel: labelOf(tags) !== undefined,
    name: identity?.name ?? '',
    arn: cluster.arn,
    resourceId: cluster.resourceId,
    instanceIdentifier: writer?.identifier ?? writerIdentifier(cluster.identifier),
    region,
    endpoint: cluster.endpoint,
    readerEndpoint: cluster.readerEndpoint,
    port: cluster.port,
    engine: cluster.engine,
    engineVersion: cluster.engineVersion,
    instanceClass: writer?.instanceClass ?? tags[TAG.instanceClass] ?? '',
    databaseName: cluster.databaseName,
    masterUsername: cluster.masterUsername,
    secretArn: cluster.secretArn,
    source: tags[TAG.source],
    expiresAt: tags[TAG.expiresAt],
    hold: isHeld(tags, nowMs) ? tags[TAG.hold] : undefined,
    removedBecause,
    undeleted,
    dataAsOf: tags[TAG.dataAsOf],
  }
}

/** A clone that is gone, as far as it can still be told: by the name that it would have. */
export function reportGone({
  identity,
  identifier,
  region,
}: {
  readonly identity: CloneIdentity
  readonly identifier: string
  readonly region: string
}): CloneReport {
  return {
    state: 'destroyed',
    standing: 'gone',
    identifier,
    identityHash: identityHash(identity),
    key: identity.key,
    pullRequest: pullRequestNumber(identity.key),
    hasBeenReady: false,
    hasLabel: false,
    name: identity.name,
    arn: '',
    resourceId: '',
    instanceIdentifier: writerIdentifier(identifier),
    region,
    endpoint: undefined,
    readerEndpoint: undefined,
    port: undefined,
    engine: '',
    engineVersion: '',
    instanceClass: '',
    databaseName: undefined,
    masterUsername: undefined,
    secretArn: undefined,
    source: undefined,
    expiresAt: undefined,
    hold: undefined,
    removedBecause: undefined,
    undeleted: undefined,
    dataAsOf: undefined,
  }
}

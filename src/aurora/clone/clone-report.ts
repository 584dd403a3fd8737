import type { CloneName, CloneReport, Fate, Pausing } from '../../outcome.ts'
import type { SanitisingReport } from '../../sanitise/order.ts'
import { isHeld } from '../../tag-value.ts'
import { type ClusterSnapshot, type InstanceSnapshot, hasBacktrack } from '../api/snapshot.ts'
import { type CloneIdentity, commentHash, writerIdentifier } from './identity.ts'
import type { Milestones } from './milestones.ts'
import { type OwnedClone, ownerOf } from './ownership.ts'
import { isQuarantined } from './preparation.ts'
import { standing } from './writer.ts'

/** The report on a clone, for people. All of it comes from the clone, so it never has the source's endpoint. */
export function reportClone(
  clone: OwnedClone,
  about: Readonly<{
    writer: InstanceSnapshot | undefined
    fate: Fate
    pausing?: Pausing | undefined
    /** The user's own steps get the endpoint, to sanitise it. */
    isHandedOver?: boolean
    sanitising?: SanitisingReport | undefined
    /** The clone in use that this one is to replace. */
    former?: OwnedClone | undefined
    resetLabel?: string | undefined
    resetProblem?: string

    /** What this run saw of its making. */
    milestones?: Milestones | undefined
    region: string
    nowMs: number
  }>,
): CloneReport {
  const { cluster, identity, hold, source } = clone
  const { writer, fate, pausing, region, nowMs } = about
  const hides = isQuarantined(clone) && about.isHandedOver !== true
  return {
    ...nameOf({ identity, identifier: cluster.identifier, region }),
    ...fate,
    instanceIdentifier: writer?.identifier ?? writerIdentifier(cluster.identifier),
    standing: standing(cluster, writer),
    hasBeenReady: clone.hasBeenReady,
    hasLabel: clone.label !== undefined,
    arn: cluster.arn,
    resourceId: cluster.resourceId,
    // Not even by mistake: no report has the endpoint of a clone that is not clean yet.
    endpoint: hides ? undefined : cluster.endpoint,
    readerEndpoint: hides ? undefined : cluster.readerEndpoint,
    isQuarantined: isQuarantined(clone),
    sanitised: sanitisedDigest(clone),
    sanitising: about.sanitising,
    former: about.former === undefined || fate.state === 'ready' ? undefined : formerOf(about.former),
    resetLabel: about.resetLabel,
    resetProblem: about.resetProblem,
    canGoBack: hasBacktrack(cluster),
    port: cluster.port,
    engine: cluster.engine,
    engineVersion: cluster.engineVersion,
    lifecycleSupport: cluster.lifecycleSupport,
    instanceClass: writer?.instanceClass ?? clone.instanceClass,
    capacity: cluster.capacity,
    pausing,
    storageType: cluster.storageType ?? 'aurora',
    encryption: encryptionOf(cluster),
    databaseName: cluster.databaseName,
    masterUsername: cluster.masterUsername,
    secretArn: cluster.secretArn,
    source: source.name,
    expiresAt: iso(clone.expiresAtMs),
    heldUntilMs: isHeld(hold, nowMs) ? hold.untilMs : undefined,
    dataAsOf: iso(clone.dataAsOfMs),
    timeline: { ...about.milestones, asked: clone.createdAtMs, ready: clone.readyAtMs },
  }
}

/** The report on a clone that is gone, by its would-be name. `undeletedBecause`: it exists elsewhere and was not deleted. */
export function reportGone({
  undeletedBecause: because,
  ...place
}: Place & Readonly<{ undeletedBecause: string | undefined }>): CloneReport {
  return {
    ...nameOf(place),
    ...(because === undefined
      ? { state: 'destroyed', removalReason: undefined }
      : { state: 'undeleted', undeleted: { because, isProtected: false } }),
  }
}

function formerOf({ cluster, hasBeenReady }: OwnedClone): NonNullable<CloneReport['former']> {
  return { identifier: cluster.identifier, endpoint: hasBeenReady ? cluster.endpoint : undefined }
}

function sanitisedDigest({ preparation }: OwnedClone): string | undefined {
  return preparation.kind === 'clean' && preparation.isSanitised ? preparation.digest : undefined
}

function encryptionOf({ encryption, isEncrypted }: ClusterSnapshot): string | undefined {
  return encryption ?? (isEncrypted === undefined ? undefined : isEncrypted ? 'encrypted' : 'none')
}

interface Place {
  readonly identity: CloneIdentity
  readonly identifier: string
  readonly region: string
}

function nameOf({ identity, identifier, region }: Place): CloneName {
  return {
    identifier,
    identityHash: commentHash(identity),
    key: identity.key,
    name: identity.name,
    pullRequest: ownerOf({ identity }).pullRequest,
    region,
    instanceIdentifier: writerIdentifier(identifier),
  }
}

function iso(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString()
}

import { listClusters } from '../aurora/observe.ts'
import { cloneIdentifier } from '../aurora/identity.ts'
import { ownedClones } from '../aurora/ownership.ts'
import { decideRestore } from '../aurora/restore-decision.ts'
import { shapeDigest } from '../aurora/restore-request.ts'
import { clusterPhase } from '../aurora/statuses.ts'
import { findSource, isMadeFrom } from '../aurora/source.ts'
import { TAG } from '../aurora/tags.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type Look, lookAround, mayBeShared } from './look.ts'
import { type ModeContext, identityOf } from './mode-context.ts'
import { reachReady } from './reach-ready.ts'

/** A listing this young is good enough to decide about a restore; after a longer wait the Region is listed again. */
const LISTING_VALID_MS = 30_000

/** Makes the clone, or finds the one that is there, and brings it to ready (or, without `wait`, on its way). */
export async function create(context: ModeContext, inputs: CreateInputs): Promise<Outcome> {
  return await createFrom(await lookAround(context, { source: sourceReference(inputs) }), context, inputs)
}

/** The same, from a look that was just taken. */
export async function createFrom(look: Look, context: ModeContext, inputs: CreateInputs): Promise<Outcome> {
  const { aws, owner } = context
  const { rds, clock, signal } = aws
  const identity = identityOf(owner, inputs.cloneName)
  const deterministic = cloneIdentifier({
    prefix: inputs.identifierPrefix,
    repository: context.repositoryName,
    identity,
  })
  let listing: Pick<Look, 'atMs' | 'clusters'> = look
  // By its tags first: a repository that was renamed still finds its own. Whoever else has the name is looked at, never touched.
  // One that goes away under a former name blocks nobody.
  const found =
    ownedClones(listing.clusters, identity).find(({ cluster }) => clusterPhase(cluster.status) !== 'deleting')
      ?.cluster ?? listing.clusters.find(({ identifier }) => identifier === deterministic)
  const identifier = found?.identifier ?? deterministic
  const shape = shapeDigest(inputs.shape)
  let createdAt: string | undefined

  return await reachReady(context, inputs, {
    identity,
    identifier,
    found,
    isFromThisSource: (cluster) =>
      isMadeFrom(cluster.tags ?? {}, inputs.source, findSource(listing.clusters, inputs.source, identity)),
    hasOtherShape: ({ tags = {} }) => (tags[TAG.shape] ?? shape) !== shape,
    async decideRestore() {
      if (clock.now() - listing.atMs > LISTING_VALID_MS) {
        const includeShared = mayBeShared(sourceReference(inputs))
        listing = { atMs: clock.now(), clusters: await listClusters(rds, { includeShared, signal }) }
      }
      const createdAtMs = clock.now()
      createdAt = new Date(createdAtMs).toISOString()
      return await decideRestore(rds, {
        clusters: listing.clusters,
        reference: inputs.source,
        source: findSource(listing.clusters, inputs.source, identity),
        identifierPrefix: inputs.identifierPrefix,
        maxClones: inputs.maxClones,
        region: context.region,
        order: {
          identifier,
          identity,
          repository: context.repositoryFullName,
          sourceKey: inputs.source.kind === 'key' ? inputs.source.key : undefined,
          label: inputs.label,
          hold: inputs.hold,
          shape: inputs.shape,
          createdAtMs,
          expiresAtMs: createdAtMs + inputs.ttlMs,
        },
      })
    },
    waitUntilReady: inputs.wait,
    ttlMs: inputs.ttlMs,
    hold: inputs.hold,
    isOfThisRun: (cluster) => createdAt !== undefined && cluster.tags?.[TAG.createdAt] === createdAt,
  })
}

function sourceReference({ source }: CreateInputs): string | undefined {
  return source.kind === 'cluster' ? source.reference : undefined
}

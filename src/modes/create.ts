import { listClusters } from '../aurora/observe.ts'
import { cloneIdentifier } from '../aurora/identity.ts'
import { newestAlive, ownedClones } from '../aurora/ownership.ts'
import { decideRestore } from '../aurora/restore-decision.ts'
import { shapeDigest } from '../aurora/restore-request.ts'
import { findSource, isMadeFrom } from '../aurora/source.ts'
import { TAG } from '../aurora/tags.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type Look, lookAround, mayBeShared } from './look.ts'
import { type ModeContext, identityOf, underEveryPrefix } from './mode-context.ts'
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
  const asked = identityOf(owner, inputs)
  const deterministic = cloneIdentifier({ repository: context.repositoryName, identity: asked })
  let listing: Pick<Look, 'atMs' | 'clusters'> = look
  // By its tags first: a repository that was renamed still finds its own. Whoever else has the name is looked at, never touched.
  // One that goes away under a former name blocks nobody.
  const own = newestAlive(ownedClones(listing.clusters, underEveryPrefix(asked)))
  const found = own?.cluster ?? listing.clusters.find(({ identifier }) => identifier === deterministic)
  const identity = own?.identity ?? asked
  const identifier = found?.identifier ?? deterministic
  const shape = shapeDigest(inputs.shape)

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
      return await decideRestore(rds, {
        clusters: listing.clusters,
        reference: inputs.source,
        source: findSource(listing.clusters, inputs.source, identity),
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
          ttlMs: inputs.ttlMs,
        },
      })
    },
    waitUntilReady: inputs.wait,
    ttlMs: inputs.ttlMs,
    hold: inputs.hold,
  })
}

function sourceReference({ source }: CreateInputs): string | undefined {
  return source.kind === 'cluster' ? source.reference : undefined
}

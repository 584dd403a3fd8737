import { cloneIdentifier } from '../../src/aurora/clone/identity.ts'
import { TAG, ownershipTags } from '../../src/aurora/clone/tags.ts'
import type { GitFiles } from '../../local/github/git-objects.ts'
import type { Repository } from '../../local/github/state.ts'
import { EXAMPLE_LABEL, EXAMPLE_SOURCE } from './team.ts'
import type { World } from './world.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export interface CloneSeed {
  /** That of the world unless said otherwise. */
  readonly repository?: Repository
  readonly key?: string
  readonly generation?: string
  /** Of the pull request; `null` for a clone that was made without one. */
  readonly label?: string | null
  readonly ageMs?: number
  /** Its expired in so long; it was up that long ago if negative. */
  readonly expiresInMs?: number
  readonly hold?: string
  readonly deletionProtection?: boolean
  readonly status?: string
  /** It was sanitised before it was published. */
  readonly isClean?: boolean
  /** Where GitHub is not github.com. */
  readonly server?: string
}

/** A clone that an earlier run of the action has made, without a run: old enough for a sweep, and wanted for a day yet. */
export function seedClone(world: World, seed: CloneSeed = {}): string {
  const { key = 'pr-42', generation = '', label = EXAMPLE_LABEL, ageMs = DAY_MS, repository } = seed
  const { id, fullName, name } = repository ?? world.repository
  const identity = {
    server: seed.server ?? 'github.com',
    repositoryId: String(id),
    prefix: 'clone',
    key,
    name: '',
    generation,
    incarnation: 1,
  }
  const identifier = cloneIdentifier({ repository: name, identity })
  const now = world.cloud.clock.now()
  const createdAt = now - ageMs
  const tags = {
    ...ownershipTags(identity, identifier),
    [TAG.repository]: fullName,
    [TAG.source]: EXAMPLE_SOURCE,
    ...(label === null ? {} : { [TAG.label]: label }),
    [TAG.createdAt]: new Date(createdAt).toISOString(),
    [TAG.expiresAt]: new Date(now + (seed.expiresInMs ?? DAY_MS)).toISOString(),
    [TAG.readyAt]: new Date(createdAt + 60_000).toISOString(),
    ...(seed.isClean === true ? { [TAG.sanitised]: 'clean-0123456789abcdef' } : {}),
    ...(seed.hold === undefined ? {} : { [TAG.hold]: seed.hold }),
  }
  world.cloud.region.seedCluster({
    identifier,
    createdAt,
    databaseName: 'shop',
    tags,
    status: seed.status ?? 'available',
    deletionProtection: seed.deletionProtection ?? false,
    instances: [{ tags }],
  })
  return identifier
}

/** So much time goes by for a clone, as AWS and its tags tell it, and for nothing else. */
export function letTimePass(world: World, identifier: string, ms: number): void {
  const { region } = world.cloud
  const snapshot = region.snapshot()
  for (const [id, cluster] of snapshot.clusters) {
    if (cluster.identifier !== identifier || region.cluster(identifier)?.resourceId !== id) continue
    const times = Object.entries(cluster.tags)
      .filter(([key]) => key.endsWith('-at'))
      .map(([key, value]) => [key, new Date(Date.parse(value) - ms).toISOString()] as const)
    snapshot.clusters.set(id, {
      ...cluster,
      createdAt: cluster.createdAt - ms,
      timeline: cluster.timeline.map((phase) => ({ ...phase, from: phase.from - ms })),
      tags: { ...cluster.tags, ...Object.fromEntries(times) },
    })
  }
  region.restore(snapshot)
}

/** The files that sanitise in the examples. */
export const SANITISING: GitFiles = {
  'database/sanitise/10-orders.sql': "UPDATE orders SET email = concat('order', id, '@masked.invalid')",
  'database/verify/orders.sql': "SELECT * FROM orders WHERE email NOT LIKE '%@masked.invalid'",
  'database/columns.txt': 'public.orders.id: kept\npublic.orders.email: masked\n',
}

/** What nightly-staging.yml needs: production, a subnet group, and those files. */
export function prepareNights(world: World): void {
  world.seedForeign({ identifier: 'orders-production', databaseName: 'shop' })
  world.cloud.region.seedSubnetGroup({ name: 'staging', vpcId: 'vpc-default' })
  world.repository.push('main', SANITISING)
}

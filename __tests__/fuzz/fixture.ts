import type { AuroraRegion } from '../../local/aurora/region.ts'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { type Plant, hashOf, identifierOf, identityOf, plantedCluster } from '../planted-clones.ts'
import type { FuzzCase } from './cases.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const HELD = { [TAG.hold]: 'true' }
/** No run of a case lasts so long. */
const LATER = { expiresInMs: 30 * DAY_MS, ageMs: 2 * DAY_MS }

export const RENAMED = 'kept-by-anna'
export const SOURCE = 'orders'
export const CLONE = identifierOf(identityOf())

const night = (generation: string): Partial<ReturnType<typeof identityOf>> => ({ key: 'nightly', generation })
const under = (head: string, identity: NonNullable<Plant['identity']>): Plant => ({
  identity,
  identifier: `${head}-${hashOf(identityOf(identity))}`,
})

/** Clusters that look like clones of this repository and are none of its. No call that changes something may reach them. */
const FOREIGN: readonly Plant[] = [
  // A tag that somebody forgot, tags of another cluster, tags without the identifier that belongs to them.
  { ...LATER, identifier: 'clone-pr-42-shop', tags: { [TAG.cluster]: 'clone-pr-42-shop' } },
  { ...LATER, identifier: 'clone-pr-42-copy', tags: { [TAG.cluster]: CLONE } },
  { ...LATER, identity: { name: 'untagged' }, tags: { [TAG.version]: '2' } },
  // Of others.
  { ...LATER, identity: { repositoryId: '9999' } },
  { ...LATER, identity: { server: 'github.example.com' } },
  // Renamed, planted, tagged, restored by hand, part of a stack.
  { ...LATER, identity: { name: 'renamed' }, identifier: 'renamed-by-anna' },
  { ageMs: HOUR_MS, expiresInMs: -HOUR_MS, ...under('clone-pr-42-evil1', night('evil1')), label: null },
  { ...under('shop-prod', { key: 'ops', name: 'vyjs074a58' }), expiresInMs: -DAY_MS, label: null },
  { identity: { key: 'ops', name: 'vyjs074a58' }, identifier: 'orders-prod-1a2b3c4d', expiresInMs: -DAY_MS },
  { identity: { name: 'by-hand' }, madeLaterMs: 22 * MINUTE_MS, expiresInMs: -HOUR_MS },
  { identity: { name: 'early' }, madeLaterMs: -5 * MINUTE_MS, expiresInMs: -HOUR_MS },
  { identity: { name: 'stack' }, tags: { 'aws:cloudformation:stack-name': 'shop' }, expiresInMs: -HOUR_MS },
]

/** Clones of this repository that somebody keeps. They may be tagged, never deleted. */
const KEPT: readonly Plant[] = [
  { identity: { name: 'held' }, tags: HELD, expiresInMs: -HOUR_MS },
  { identity: { name: 'until' }, tags: { [TAG.hold]: '2099-01-01T00:00:00Z' }, expiresInMs: -HOUR_MS },
  { identity: night('held'), tags: HELD, label: null, expiresInMs: -HOUR_MS },
  { identity: { name: 'safe' }, deletionProtection: true, expiresInMs: -HOUR_MS },
]

const STANDING: Readonly<Record<FuzzCase['standing'], Plant | undefined>> = {
  none: undefined,
  ready: {},
  creating: { status: 'creating', ageMs: MINUTE_MS },
  expired: { ageMs: 10 * DAY_MS, expiresInMs: -DAY_MS },
  'no-writer': { instances: [] },
  stopped: { status: 'stopped' },
  failed: { status: 'cloning-failed' },
  deleting: { status: 'deleting' },
}

export interface Fixture {
  readonly foreign: ReadonlySet<string>
  /** Those of them that are kept because of a hold alone. */
  readonly held: ReadonlySet<string>
  readonly kept: ReadonlySet<string>
}

/** What every case finds in AWS, and the clones that it may change. */
export function putFixture(region: AuroraRegion, { standing, nights }: FuzzCase): Fixture {
  const { now } = region.moment()
  const put = (plant: Plant): string => region.seedCluster(plantedCluster(now, plant)).identifier
  for (const identifier of [SOURCE, 'prod-billing'])
    region.seedCluster({ identifier, databaseName: 'shop', deletionProtection: identifier !== SOURCE })
  const foreign = [SOURCE, 'prod-billing', ...FOREIGN.map(put)]
  const kept = KEPT.map(put)
  const own = STANDING[standing]
  if (own !== undefined) put(own)
  for (let index = 1; index <= nights; index += 1)
    put({ identity: night(`10${index}`), label: null, ageMs: (9 - index) * DAY_MS, expiresInMs: -HOUR_MS })
  return {
    foreign: new Set(foreign),
    kept: new Set(kept),
    held: new Set(kept.slice(0, 3)),
  }
}

import { cloneIdentifier } from '../aurora/identity.ts'
import { newestAlive, newestFirst, ownedClones } from '../aurora/ownership.ts'
import type { WaitInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { lookAround } from './look.ts'
import { type ModeContext, identityOf } from './mode-context.ts'
import { reachReady } from './reach-ready.ts'

/**
 * Finishes what `create` without waiting began: makes the writer if AWS did not take it yet, and waits until the clone is ready.
 * It needs no inputs about source or shape, since the clone carries them in its tags. Without a generation, the newest.
 */
export async function wait(context: ModeContext, inputs: WaitInputs): Promise<Outcome> {
  const { owner } = context
  const { clusters } = await lookAround(context, { source: undefined })
  const { server, repositoryId, key, generation } = owner
  const clones = ownedClones(clusters, {
    server,
    repositoryId,
    key,
    name: inputs.cloneName,
    ...(generation === undefined ? {} : { generation }),
  })
  const newest = newestAlive(clones) ?? newestFirst(clones)[0]
  const identity = newest?.identity ?? identityOf(owner, inputs)
  const deterministic = cloneIdentifier({ repository: context.repositoryName, identity })
  const identifier = newest?.cluster.identifier ?? deterministic
  return await reachReady(context, inputs, {
    identity,
    identifier,
    found: newest?.cluster ?? clusters.find(({ identifier }) => identifier === deterministic),
    isFromThisSource: () => true,
    hasOtherShape: () => false,
    decideRestore: undefined,
    waitUntilReady: true,
    ttlMs: undefined,
    hold: undefined,
  })
}

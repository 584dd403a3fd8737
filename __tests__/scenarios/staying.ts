import type { World } from './world.ts'

/** The clones that are there and that AWS is not deleting. */
export function staying(world: World): readonly string[] {
  return world
    .clones()
    .filter(({ status }) => status !== 'deleting')
    .map(({ identifier }) => identifier)
    .toSorted()
}

import type { ShownResult } from '../demo/narration.ts'
import type { Comments } from '../serve/control.ts'

/** What a step did to the comments: those that it wrote or changed, one below the other. */
export function commentOf(before: Comments, afterwards: Comments): ShownResult['comment'] {
  const bodies = Object.values(afterwards)
  const changed = Object.entries(afterwards).flatMap(([id, body]) => (before[id] === body ? [] : [body]))
  const isAsBefore = changed.length === 0 && bodies.length > 0
  return {
    before: isAsBefore ? bodies.join('\n\n') : undefined,
    meanwhile: undefined,
    afterwards: bodies.length === 0 ? undefined : (isAsBefore ? bodies : changed).join('\n\n'),
  }
}

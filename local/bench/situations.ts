export const SITUATION_NAMES = ['create', 'destroy', 'ready', 'skipped', 'published'] as const
export type SituationName = (typeof SITUATION_NAMES)[number]

/** What a run meets, and what it is to do there. */
export interface Situation {
  readonly title: string
  readonly mode: 'create' | 'destroy'
  readonly inputs?: Readonly<Record<string, string>>
  readonly outcome: string
  /** There is a clone already, and it is ready. */
  readonly startsWithClone?: boolean
  /** What the script is asked for; nothing where it has no equivalent. */
  readonly script?: 'create' | 'create-and-wait' | 'destroy'
}

export const SITUATIONS: Readonly<Record<SituationName, Situation>> = {
  create: {
    title: 'create without waiting',
    mode: 'create',
    inputs: { wait: 'false' },
    outcome: 'creating',
    script: 'create',
  },
  destroy: {
    title: 'destroy',
    mode: 'destroy',
    outcome: 'deleting',
    startsWithClone: true,
    script: 'destroy',
  },
  ready: {
    title: 'create on a ready clone',
    mode: 'create',
    outcome: 'ready',
    startsWithClone: true,
    script: 'create',
  },
  skipped: { title: 'skipped, no label', mode: 'create', outcome: 'skipped' },
  published: { title: 'create and wait', mode: 'create', outcome: 'ready', script: 'create-and-wait' },
}

/** What a run meets, and what it is to do there. */
export const SITUATION_NAMES = ['create', 'destroy', 'ready', 'skipped', 'skipped-fork', 'published'] as const
export type SituationName = (typeof SITUATION_NAMES)[number]

export type ScriptMode = 'create' | 'create-and-wait' | 'destroy'

export interface Situation {
  readonly title: string
  readonly mode: 'create' | 'destroy'
  readonly inputs: Readonly<Record<string, string>>
  readonly outcome: string
  /** There is a clone already, and it is ready. */
  readonly startsWithClone: boolean
  readonly pullRequest: {
    readonly isLabelled: boolean
    readonly isClosed: boolean
    /** Of a fork, in a run without credentials. */
    readonly isFork: boolean
  }
  /** What the scripts are asked for; nothing where they have no equivalent. */
  readonly script: ScriptMode | undefined
  /** Whether the action sends anything to AWS here. */
  readonly reachesAws: boolean
}

const OPEN = { isLabelled: true, isClosed: false, isFork: false } as const

export const SITUATIONS: Readonly<Record<SituationName, Situation>> = {
  create: {
    title: 'create without waiting',
    mode: 'create',
    inputs: { wait: 'false' },
    outcome: 'creating',
    startsWithClone: false,
    pullRequest: OPEN,
    script: 'create',
    reachesAws: true,
  },
  destroy: {
    title: 'destroy',
    mode: 'destroy',
    inputs: {},
    outcome: 'deleting',
    startsWithClone: true,
    pullRequest: { ...OPEN, isClosed: true },
    script: 'destroy',
    reachesAws: true,
  },
  ready: {
    title: 'create on a ready clone',
    mode: 'create',
    inputs: {},
    outcome: 'ready',
    startsWithClone: true,
    pullRequest: OPEN,
    script: 'create',
    reachesAws: true,
  },
  skipped: {
    title: 'skipped, no label',
    mode: 'create',
    inputs: {},
    outcome: 'skipped',
    startsWithClone: false,
    pullRequest: { ...OPEN, isLabelled: false },
    script: undefined,
    reachesAws: true,
  },
  'skipped-fork': {
    title: 'skipped, fork without credentials',
    mode: 'create',
    inputs: {},
    outcome: 'skipped',
    startsWithClone: false,
    pullRequest: { ...OPEN, isFork: true },
    script: undefined,
    reachesAws: false,
  },
  published: {
    title: 'create and wait',
    mode: 'create',
    inputs: {},
    outcome: 'ready',
    startsWithClone: false,
    pullRequest: OPEN,
    script: 'create-and-wait',
    reachesAws: true,
  },
}

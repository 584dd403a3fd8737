import { timeMs } from '../../tag-value.ts'

/**
 * What asked for fresh data last: one id of each kind. A clone has in its tags the requests that it has met, so each is met once, by
 * whichever run comes first, and one that was cut off is met by the next run. They fit into one tag (256 characters).
 */
export type ResetRequests = Readonly<Partial<Record<ResetKind, string>>>

/** What an id of each kind looks like, and whether a later request of its kind has a greater id. */
const KINDS = {
  /** When the reset label was put on, in seconds: ISO 8601, UTC. */
  label: { form: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/, grows: true },
  /** The id of a comment on the pull request. */
  comment: { form: /^[1-9]\d{0,19}$/, grows: true },
  /** The id of a workflow run that has mode `reset`. */
  run: { form: /^[1-9]\d{0,19}$/, grows: true },
  /** The pull request's last commit. */
  commit: { form: /^[0-9a-f]{40,64}$/, grows: false },
} as const

export type ResetKind = keyof typeof KINDS

const CHOSEN = 'to-'
const NAMES = Object.keys(KINDS) as readonly ResetKind[]

/** Words that this action does not write count as none. */
export function resetRequestsOf(text: string | undefined): ResetRequests {
  const found = (text ?? '').split(' ').flatMap((word) => {
    const kind = NAMES.find((name) => word.startsWith(`${name}-`))
    const id = kind === undefined ? '' : word.slice(kind.length + 1)
    return kind !== undefined && KINDS[kind].form.test(id) ? [[kind, id] as const] : []
  })
  return Object.fromEntries(found)
}

/** The moment that a run has begun to go back to, where one was chosen. */
export function chosenMomentOf(text: string | undefined): number | undefined {
  const word = (text ?? '').split(' ').find((one) => one.startsWith(CHOSEN))
  return timeMs(word?.slice(CHOSEN.length))
}

export function withChosenMoment(text: string, ms: number | undefined): string {
  return ms === undefined ? text : `${text} ${CHOSEN}${new Date(ms).toISOString()}`
}

export function resetRequestsText(requests: ResetRequests): string {
  return NAMES.flatMap((kind) => (requests[kind] === undefined ? [] : [`${kind}-${requests[kind]}`])).join(
    ' ',
  )
}

/** The kinds of the requests that are not met yet. Pure. */
export function unmetRequests(asked: ResetRequests, met: ResetRequests): readonly ResetKind[] {
  return NAMES.filter((kind) => {
    const [wanted, done] = [asked[kind], met[kind]]
    if (wanted === undefined || wanted === done) return false
    return done === undefined || !KINDS[kind].grows || isGreater(wanted, done)
  })
}

/** Both have one form, so the longer number is the greater one. */
function isGreater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}

/** What has been met after `asked` is met, too. */
export function withRequests(met: ResetRequests, asked: ResetRequests): ResetRequests {
  const news = unmetRequests(asked, met).map((kind) => [kind, asked[kind]] as const)
  return { ...met, ...Object.fromEntries(news) }
}

/** Whether a run has begun to take the clone back, and none has finished that: its data may be of any time, and its password too. */
export function isGoingBack({
  resetting,
  resets,
}: Readonly<{ resetting: ResetRequests; resets: ResetRequests }>): boolean {
  return unmetRequests(resetting, resets).length > 0
}

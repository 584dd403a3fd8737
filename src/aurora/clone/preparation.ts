import { timeMs } from '../../tag-value.ts'

/**
 * How far a clone is that must be prepared before anybody gets its endpoint: sanitised, or freed of the logins of its source. It is in
 * a tag from the restore call on.
 */
export type Preparation =
  /** It is handed out as it is. */
  | { readonly kind: 'none' }
  | { readonly kind: 'pending' }
  /** A run is at work, and said so at this time of AWS's; `undefined`: unreadable. */
  | { readonly kind: 'begun'; readonly run: string; readonly atMs: number | undefined }
  /** The user's own steps sanitise it (`publish: manual`), in this workflow run. */
  | { readonly kind: 'handed-over'; readonly to: string }
  /** Its data may be half changed. A tag that this action does not write counts as this, too. */
  | { readonly kind: 'failed' }
  /** `digest`: of all that was done. `isSanitised`: not only its logins were disabled, or checks made. */
  | { readonly kind: 'clean'; readonly digest: string; readonly isSanitised: boolean }

export type UnderPreparation = Exclude<Preparation, { readonly kind: 'none' }>

export function preparationOf(text: string | undefined): Preparation {
  if (text === undefined) return { kind: 'none' }
  if (text === 'pending') return { kind: text }
  const [, done, digest] = /^(clean|prepared)-([0-9a-f]+)$/.exec(text) ?? []
  if (digest !== undefined) return { kind: 'clean', digest, isSanitised: done === 'clean' }
  const [, to] = /^handed-over (\d+)$/.exec(text) ?? []
  if (to !== undefined) return { kind: 'handed-over', to }
  const [, run, at] = /^begun ([0-9a-f]+) (\S+)$/.exec(text) ?? []
  return run === undefined ? { kind: 'failed' } : { kind: 'begun', run, atMs: timeMs(at) }
}

export function preparationText(preparation: UnderPreparation): string {
  switch (preparation.kind) {
    case 'begun':
      return `begun ${preparation.run} ${new Date(preparation.atMs ?? 0).toISOString()}`
    case 'handed-over':
      return `handed-over ${preparation.to}`
    case 'clean':
      // Roles that may clone only what is sanitised look for this word (policies/permissions.ts).
      return `${preparation.isSanitised ? 'clean' : 'prepared'}-${preparation.digest}`
    default:
      return preparation.kind
  }
}

/** How often a run that prepares a clone says that it is still at work. */
export const BEAT_MS = 60_000
/** A run that has said nothing for so long is over. */
const SILENCE_MS = 5 * 60_000

/** Whether another run is at work on the clone, or has left it half prepared. `nowMs`: AWS's time. Pure. */
export function leftBy(
  preparation: Preparation,
  { run, nowMs }: Readonly<{ run: string; nowMs: number }>,
): 'nobody' | 'a-run-at-work' | 'a-run-that-ended' {
  switch (preparation.kind) {
    case 'none':
    case 'pending':
    case 'clean':
      return 'nobody'
    case 'handed-over':
    case 'failed':
      return 'a-run-that-ended'
    case 'begun':
      if (preparation.run === run) return 'nobody'
      return nowMs - (preparation.atMs ?? 0) < SILENCE_MS ? 'a-run-at-work' : 'a-run-that-ended'
  }
}

/** How an empty group is made: a new one has no rule for incoming traffic (Amazon EC2, CreateSecurityGroup). */
export const MAKE_QUARANTINE =
  '`aws ec2 create-security-group --group-name aurora-clone-quarantine --description "Clones before they are sanitised" --vpc-id VPC_ID`.'

/** For a run without the inputs that prepare a clone. */
export const NEEDED_INPUTS =
  'Give this run the inputs sanitize-sql, inherited-logins or publish that the clone was made with, or remove the clone with mode destroy first.'

/** Whether nobody may get its endpoint yet. */
export function isQuarantined({
  preparation,
  hasBeenReady,
}: Readonly<{ preparation: Preparation; hasBeenReady: boolean }>): boolean {
  return preparation.kind !== 'none' && !hasBeenReady
}

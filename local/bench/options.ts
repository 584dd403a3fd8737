import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { parseSpeed } from '../program.ts'
import { ACTION_BUNDLE } from './contenders.ts'
import { SITUATION_NAMES, type SituationName } from './situations.ts'

export interface BenchOptions {
  readonly rounds: number
  readonly situations: readonly SituationName[]
  /** Instead of the table: how late clones are published, alone and beside many others. */
  readonly crowd: boolean
  /** Instead of the table: what much to sanitise takes. */
  readonly sanitize: boolean
  readonly bundle: string
  /** An older build to compare with: a file, or a revision of git. */
  readonly against: string | undefined
  readonly withScripts: boolean
  /** How many times faster than real time the local clock runs where a run waits for AWS. */
  readonly speed: number
  /** A target that is missed is a failure. */
  readonly strict: boolean
}

const MAX_ROUNDS = 20
/** Beyond it a process's own milliseconds look like seconds of waiting. */
const MAX_SPEED = 20

export const HELP = `npm run bench -- [options]

Measures the action against AWS and GitHub doubles on this machine, side by side with what it replaces.

  --rounds <number>  how often everything is measured, 1 to ${MAX_ROUNDS} (default 7)
  --only <what>      only this, of ${SITUATION_NAMES.join(', ')}; may be repeated
  --crowd            instead: how late a clone is published, alone and in a crowd, in simulated time
  --sanitize         instead: what 10,000 statements and 5,000 columns take, on real PostgreSQL
  --against <what>   beside the action: an older build of it, as a file or a revision of git
  --bundle <file>    with --crowd or --sanitize: another build of the action
  --no-scripts       leave out the script with boto3, which needs Python
  --speed <number>   run the clock of "published" faster than real time, 1 to ${MAX_SPEED} (default 1: nothing is scaled)
  --strict           fail when a target is missed
  --help             this text
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '7' },
      only: { type: 'string', multiple: true, default: [] },
      crowd: { type: 'boolean', default: false },
      sanitize: { type: 'boolean', default: false },
      against: { type: 'string' },
      bundle: { type: 'string', default: ACTION_BUNDLE },
      'no-scripts': { type: 'boolean', default: false },
      speed: { type: 'string', default: '1' },
      strict: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS))
    throw new Error(`--rounds is a whole number from 1 to ${MAX_ROUNDS}, got "${values.rounds}"`)
  const { only } = values
  const unknown = only.find((text) => !SITUATION_NAMES.some((name) => name === text))
  if (unknown !== undefined)
    throw new Error(`--only is one of ${SITUATION_NAMES.join(', ')}, got "${unknown}"`)
  return {
    rounds,
    situations: SITUATION_NAMES.filter((name) => only.length === 0 || only.includes(name)),
    crowd: values.crowd,
    sanitize: values.sanitize,
    against: values.against,
    bundle: resolve(values.bundle),
    withScripts: !values['no-scripts'],
    speed: parseSpeed(values.speed, MAX_SPEED),
    strict: values.strict,
  }
}

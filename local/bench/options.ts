import { parseArgs } from 'node:util'
import { parseSpeed } from '../program.ts'
import { SITUATION_NAMES, type SituationName } from './situations.ts'

export interface BenchOptions {
  readonly rounds: number
  readonly situations: readonly SituationName[]
  /** Without the scripts in Bash and Python that the action is compared with. */
  readonly withScripts: boolean
  /** How many times faster than real time the local clock runs where a run waits for AWS. */
  readonly speed: number
  readonly json: boolean
  /** A target in milliseconds that is missed is a failure too, not only one in calls. */
  readonly strict: boolean
}

const DEFAULT_ROUNDS = 7
const MAX_ROUNDS = 100
/** Beyond it a process's own milliseconds look like seconds of waiting. */
const MAX_SPEED = 20

export const HELP = `npm run bench -- [options]

Measures the action against AWS and GitHub doubles on this machine, side by side with what it replaces.

  --rounds <number>  how often everything is measured, 1 to ${MAX_ROUNDS} (default ${DEFAULT_ROUNDS})
  --only <what>      only this, of ${SITUATION_NAMES.join(', ')}; may be repeated
  --no-scripts       leave out the scripts with the AWS CLI and boto3, which need Python
  --speed <number>   run the clock of "published" faster than real time, 1 to ${MAX_SPEED} (default 1: nothing is scaled)
  --strict           fail when any target is missed, not only one that counts calls
  --json             print every single measurement instead, as JSON
  --help             this text
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
      only: { type: 'string', multiple: true, default: [] },
      'no-scripts': { type: 'boolean', default: false },
      speed: { type: 'string', default: '1' },
      strict: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const only = values.only.map(parseSituation)
  return {
    rounds: parseRounds(values.rounds),
    situations: SITUATION_NAMES.filter((name) => only.length === 0 || only.includes(name)),
    withScripts: !values['no-scripts'],
    speed: parseSpeed(values.speed, MAX_SPEED),
    json: values.json,
    strict: values.strict,
  }
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS))
    throw new Error(`--rounds is a whole number from 1 to ${MAX_ROUNDS}, got "${text}"`)
  return rounds
}

function parseSituation(text: string): SituationName {
  const name = SITUATION_NAMES.find((known) => known === text)
  if (name === undefined) throw new Error(`--only is one of ${SITUATION_NAMES.join(', ')}, got "${text}"`)
  return name
}

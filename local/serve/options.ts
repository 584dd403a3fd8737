import { parseArgs } from 'node:util'
import { parseEngine, parseSpeed } from '../program.ts'
import { ENGINES, type Engine } from '../team.ts'

export interface ServeOptions {
  readonly engine: Engine
  readonly speed: number
  /** Real database servers behind the endpoints. */
  readonly databases: boolean
  /** An account without a cluster. */
  readonly isEmpty: boolean
  /** One line of JSON instead of advice: for programs that start the local cloud. */
  readonly json: boolean
}

const DEFAULT_SPEED = 30
const MAX_SPEED = 1_000

export const HELP = `npm run local -- [options]

Leaves AWS (RDS and STS) and GitHub running on this machine as doubles, with real databases behind the endpoints,
and prints what to export to get to them.

  --engine <engine>  of the source cluster: ${ENGINES.join(' or ')} (default ${ENGINES[0]})
  --speed <number>   how many times faster than real time AWS is, 1 to ${MAX_SPEED} (default ${DEFAULT_SPEED})
  --empty            an account without a cluster
  --no-databases     endpoints are only names: no database servers are started
  --json             print one line of JSON instead; started through a pipe, end when that does
  --help             this text
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): ServeOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      engine: { type: 'string', default: ENGINES[0] },
      speed: { type: 'string', default: String(DEFAULT_SPEED) },
      empty: { type: 'boolean', default: false },
      databases: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    engine: parseEngine(values.engine),
    speed: parseSpeed(values.speed, MAX_SPEED),
    databases: values.databases,
    isEmpty: values.empty,
    json: values.json,
  }
}

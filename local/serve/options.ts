import { parseArgs } from 'node:util'

export interface ServeOptions {
  readonly speed: number
  /** One line of JSON instead of advice: for programs that start the local cloud. */
  readonly json: boolean
  /** Without the source cluster that people would want to have. */
  readonly isEmpty: boolean
}

const MAX_SPEED = 1_000

export const HELP = `npm run local -- [options]

Leaves AWS and GitHub doubles running on this machine, and prints what to export to get to them.

  --speed <number>  how many times faster than real time the local clock runs, 1 to ${MAX_SPEED} (default 1)
  --empty           an account without a cluster
  --json            print one line of JSON instead, and end with the end of standard input
  --help            this text
`

type ReadOptions =
  | ({ readonly kind: 'serve' } & ServeOptions)
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly because: string }

export function readOptions(args: readonly string[]): ReadOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        speed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        empty: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { kind: 'help' }
    return { kind: 'serve', speed: parseSpeed(values.speed), json: values.json, isEmpty: values.empty }
  } catch (error) {
    return { kind: 'mistake', because: error instanceof Error ? error.message : String(error) }
  }
}

function parseSpeed(text: string): number {
  const speed = Number(text)
  if (!(speed >= 1 && speed <= MAX_SPEED))
    throw new Error(`--speed is a number from 1 to ${MAX_SPEED}, got "${text}"`)
  return speed
}

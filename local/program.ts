import { ENGINES, type Engine } from './team.ts'

/** A program of the local cloud, as people start it. */
export interface Program<Options> {
  /** Such as `npm run demo`. */
  readonly command: string
  readonly help: string
  /** Throws what is wrong with the arguments. */
  readonly readOptions: (args: readonly string[]) => Options
  readonly run: (options: Options) => Promise<void>
}

/** Runs it with the arguments of this process; a mistake in them is exit status 1. */
export async function runProgram<Options>({
  command,
  help,
  readOptions,
  run,
}: Program<Options>): Promise<void> {
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help)
    return
  }
  const options = attempt(() => readOptions(args))
  if ('mistake' in options) {
    process.stderr.write(`${options.mistake}\n\`${command} -- --help\` says what there is.\n`)
    process.exitCode = 1
    return
  }
  try {
    await run(options.value)
  } catch (error) {
    process.stderr.write(`✗ ${withCauses(error)}\n`)
    process.exitCode = 1
  }
}

/** What went wrong, and why: a line each. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${withCauses(error.cause)}`
}

function attempt<Value>(read: () => Value): { readonly value: Value } | { readonly mistake: string } {
  try {
    return { value: read() }
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) }
  }
}

// What several of them read; each throws what is wrong with it.

export function parseEngine(text: string): Engine {
  const engine = ENGINES.find((name) => name === text)
  if (engine === undefined) throw new Error(`--engine is ${ENGINES.join(' or ')}, got "${text}"`)
  return engine
}

export function parseSpeed(text: string, max: number): number {
  const speed = Number(text)
  if (!(speed >= 1 && speed <= max)) throw new Error(`--speed is a number from 1 to ${max}, got "${text}"`)
  return speed
}

/** An input of the action. */
export function parseInput(text: string): readonly [name: string, value: string] {
  const separator = text.indexOf('=')
  if (separator < 1) throw new Error(`an input is <name>=<value>, such as max-acu=8, got "${text}"`)
  return [text.slice(0, separator), text.slice(separator + 1)]
}

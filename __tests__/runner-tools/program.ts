/**
 * Plays a program of GitHub's runners: `program.ts NAME ARGUMENT...`, started by the files beside it that are called aws, docker,
 * gh, helm and kubectl. It checks its arguments, writes what it was called with to LOCAL_TOOLS_LOG, and does nothing else; only
 * `gh api` really calls the API of the run. What the job may do is in LOCAL_TOOLS_PERMISSIONS.
 */
import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { type Invocation, UsageError, parseCommandLine } from './command-line.ts'
import { COMMANDS, NEEDS_AWS } from './commands.ts'
import { callApi } from './gh-api.ts'

async function main([tool = '', ...args]: readonly string[]): Promise<string> {
  const specs = COMMANDS[tool]
  if (specs === undefined) throw new UsageError('no such program')
  const invocation = parseCommandLine(args, specs)
  if (NEEDS_AWS.includes(tool) && (process.env['AWS_SESSION_TOKEN'] ?? '') === '')
    throw new Error('Unable to locate credentials.')
  if (tool === 'docker') checkPush(invocation)
  const stdin = await readInput(invocation)
  record({ tool, args, ...(stdin === undefined ? {} : { stdin }) })
  return tool === 'gh' ? await callApi(invocation, process.env) : (invocation.spec.prints ?? '')
}

/** GitHub's registry takes the token of a job, if that may write packages. */
function checkPush({ positionals: [image = ''], spec: { words } }: Invocation): void {
  if (words !== 'push' || !image.startsWith('ghcr.io/')) return
  const given = process.env['LOCAL_TOOLS_PERMISSIONS'] ?? ''
  const permissions = (given === '' ? {} : JSON.parse(given)) as { readonly packages?: string }
  if (permissions.packages !== 'write') throw new Error('denied: permission_denied: write_package')
}

/** What may be written down of it. */
async function readInput({ spec }: Invocation): Promise<string | undefined> {
  if (spec.readsStdin !== true) return undefined
  const input = await text(process.stdin)
  if (input.trim() === '') throw new UsageError('nothing came in on standard input')
  return spec.stdinIsSecret === true ? undefined : input
}

/** One line of JSON for each call: appended at once, so that programs in a pipe do not tear each other's lines. */
function record(call: Readonly<Record<string, unknown>>): void {
  const log = process.env['LOCAL_TOOLS_LOG']
  if (log !== undefined && log !== '') appendFileSync(log, `${JSON.stringify(call)}\n`)
}

const [, , ...words] = process.argv
try {
  const printed = await main(words)
  if (printed !== '') process.stdout.write(`${printed}\n`)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${words[0] ?? ''}: ${message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

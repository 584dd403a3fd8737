/**
 * Plays a program of GitHub's runners: `program.ts NAME ARGUMENT...`, started by the files that planted-tools.ts makes. It checks its
 * arguments and writes what it was called with to LOCAL_TOOLS_LOG. `gh api` really calls the API of the run, a port forward really
 * forwards, and psql really asks; the others do nothing.
 */
import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { UsageError, parseCommandLine } from './command-line.ts'
import { COMMANDS, NEEDS_AWS } from './commands.ts'

async function main([tool = '', ...args]: readonly string[]): Promise<string> {
  const invocation = parseCommandLine(args, COMMANDS[tool] ?? [])
  if (NEEDS_AWS.includes(tool) && (process.env['AWS_SESSION_TOKEN'] ?? '') === '')
    throw new Error('Unable to locate credentials.')
  if (invocation.spec.readsPassword === true && (await text(process.stdin)).trim() === '')
    throw new UsageError('nothing came in on standard input')
  record({ tool, args })
  const { '--command': [command = ''] = [], '--parameters': [parameters = ''] = [] } = invocation.values
  // Each is loaded where it is needed: workflows call these programs a thousand times.
  if (tool === 'gh') return await (await import('./gh-api.ts')).callApi(invocation, process.env)
  if (tool === 'psql') return await (await import('./psql.ts')).psql(command, process.env)
  if (invocation.spec.stays === true) return await (await import('./tunnel.ts')).openTunnel(parameters)
  return invocation.spec.prints ?? ''
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

import { playDemo } from './play.ts'
import { playSanitiseDemo } from './sanitise-play.ts'
import { playWorkflowDemo } from './workflow-play.ts'
import { type DemoOptions, HELP, readOptions } from './options.ts'
import { runProgram } from '../program.ts'
import { terminalOf } from './terminal.ts'

const INTERRUPTED_EXIT_CODE = 130

await runProgram({ command: 'npm run demo', help: HELP, readOptions, run: show })

async function show(options: DemoOptions): Promise<void> {
  const terminal = terminalOf(process.stdout, process.env)
  const play = options.sanitize ? playSanitiseDemo : options.workflow ? playWorkflowDemo : playDemo
  const ending = await play(options, { terminal, interruption: watchInterruptions() })
  switch (ending.kind) {
    case 'told':
      return
    case 'interrupted':
      process.exitCode = INTERRUPTED_EXIT_CODE
      return
    case 'surprise':
      process.stderr.write(`\n✗ The demo did not end as expected: ${ending.because}\n`)
      process.exitCode = 1
  }
}

/** The first Ctrl-C cancels the running step as GitHub would, the second one does not wait for it. */
function watchInterruptions(): { readonly first: AbortSignal; readonly second: AbortSignal } {
  const first = new AbortController()
  const second = new AbortController()
  const interrupt = (): void => {
    if (first.signal.aborted) second.abort()
    else first.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  // Whoever read the output is gone (`npm run demo | head`): nobody needs the rest, but everything must be tidied up.
  process.stdout.on('error', () => {
    first.abort()
    second.abort()
  })
  return { first: first.signal, second: second.signal }
}

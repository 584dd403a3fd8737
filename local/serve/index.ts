import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { startLocalCloud } from '../cloud.ts'
import { terminalOf } from '../demo/terminal.ts'
import { runProgram } from '../program.ts'
import { seedRepository, seedRows, seedSource } from '../team.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { startControl } from './control.ts'
import { exports, guide } from './guide.ts'
import { HELP, type ServeOptions, readOptions } from './options.ts'

await runProgram({ command: 'npm run local', help: HELP, readOptions, run: serve })

async function serve(options: ServeOptions): Promise<void> {
  const end = watchForEnd(options)
  const cloud = await startLocalCloud({
    clock: new ScaledClock({ speed: options.speed }),
    databases: options.databases,
  })
  try {
    if (!options.isEmpty) {
      seedSource(cloud, options.engine)
      await seedRows(cloud)
    }
    const { pull, token } = seedRepository(cloud, { isPublic: false })
    const control = await startControl({ pull, site: cloud.github, token })
    try {
      // Whoever has ended it meanwhile wants no advice any more.
      if (end.aborted) return
      const variables = exports(cloud, control.url)
      const lines = options.json
        ? [JSON.stringify({ environment: variables })]
        : guide({ cloud, options, variables }, terminalOf(process.stdout, process.env))
      process.stdout.write(`${lines.join('\n')}\n`)
      await once(end, 'abort')
    } finally {
      await control.close()
    }
  } finally {
    await cloud.close()
  }
}

/** Aborted when somebody wants it to end: from now on, so that nothing is missed while the cloud starts. */
function watchForEnd({ json }: ServeOptions): AbortSignal {
  const controller = new AbortController()
  const end = (): void => {
    controller.abort()
    process.stdin.destroy()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // Another program's pipe ends with that program; a file or /dev/null, as in a script's background, says nothing.
  if (json && isPipe(0)) process.stdin.once('close', end).resume()
  return controller.signal
}

function isPipe(descriptor: number): boolean {
  const stats = fstatSync(descriptor)
  return stats.isFIFO() || stats.isSocket()
}

import { startLocalCloud } from '../cloud.ts'
import { terminalOf } from '../demo/terminal.ts'
import { runProgram } from '../program.ts'
import { seedRepository, seedRows, seedSource } from '../team.ts'
import { startControl } from './control.ts'
import { exports, guide } from './guide.ts'
import { HELP, type ServeOptions, readOptions } from './options.ts'

await runProgram({ command: 'npm run local', help: HELP, readOptions, run: serve })

async function serve(options: ServeOptions): Promise<void> {
  const ended = end(options)
  const cloud = await startLocalCloud({ speed: options.speed, databases: options.databases })
  try {
    if (!options.isEmpty) {
      seedSource(cloud, options.engine)
      await seedRows(cloud)
    }
    const { pull, token } = seedRepository(cloud, { isPublic: false })
    const control = await startControl({ pull, site: cloud.github, token })
    try {
      const variables = exports(cloud, control.url)
      const lines = options.json
        ? [JSON.stringify({ environment: variables })]
        : guide({ cloud, options, variables }, terminalOf(process.stdout, process.env))
      process.stdout.write(`${lines.join('\n')}\n`)
      await ended
    } finally {
      await control.close()
    }
  } finally {
    await cloud.close()
  }
}

/** Resolves when somebody wants it to end; listens from now on, so that nothing is missed while the cloud starts. */
async function end({ json }: ServeOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const wanted = (): void => {
    resolve(undefined)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, wanted)
  if (json) process.stdin.once('close', wanted).resume()
  await promise
  process.stdin.destroy()
}

import { startLocalCloud } from '../cloud.ts'
import { seedSource } from '../team.ts'
import { HELP, type ServeOptions, readOptions } from './options.ts'

await main()

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  switch (options.kind) {
    case 'help':
      process.stdout.write(HELP)
      return
    case 'mistake':
      process.stderr.write(`${options.because}\n\`npm run local -- --help\` says what there is.\n`)
      process.exitCode = 1
      return
    case 'serve':
      await serve(options)
  }
}

async function serve(options: ServeOptions): Promise<void> {
  const cloud = await startLocalCloud({ speed: options.speed })
  try {
    if (!options.isEmpty) seedSource(cloud, 'aurora-postgresql')
    process.stdout.write(`${JSON.stringify({ environment: cloud.environment })}\n`)
    await ended(options)
  } finally {
    await cloud.close()
  }
}

async function ended({ json }: ServeOptions): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
    if (json) process.stdin.once('end', end).resume()
  })
  process.stdin.destroy()
}

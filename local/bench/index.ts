import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../program.ts'
import { pythonEnvironment } from '../python-environment.ts'
import { ACTION_BUNDLE, bundleRdsClient, olderBundle } from './contenders.ts'
import { measureCrowd } from './crowd.ts'
import { type BenchOptions, HELP, readOptions } from './options.ts'
import { measureRounds } from './rounds.ts'
import { measureSanitising } from './sanitise.ts'
import { renderTable, rowsOf } from './table.ts'
import { judge } from './targets.ts'

const INTERRUPTED_EXIT_CODE = 130
const BUILD_LIMIT_MS = 120_000

await runProgram({ command: 'npm run bench', help: HELP, readOptions, run })

async function run(options: BenchOptions): Promise<void> {
  const interruption = watchInterruptions()
  const home = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    process.exitCode = await bench(options, { home, signal: interruption })
  } catch (error) {
    if (!interruption.aborted) throw error
    process.exitCode = INTERRUPTED_EXIT_CODE
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** The exit code. */
async function bench(
  options: BenchOptions,
  { home, signal }: { readonly home: string; readonly signal: AbortSignal },
): Promise<number> {
  const { bundle } = options
  if (!existsSync(bundle)) throw new Error(`There is no ${bundle}: \`npm run build\` makes dist/index.js.`)
  if (options.crowd) {
    const { lines, isMet } = await measureCrowd({ ...options, signal, report })
    process.stdout.write(`${lines.join('\n')}\n`)
    return options.strict && !isMet ? 1 : 0
  }
  if (options.sanitize) {
    process.stdout.write(`${(await measureSanitising({ ...options, signal, report })).join('\n')}\n`)
    return 0
  }
  const python = await pythonFor(options)
  report('bundling the RDS client alone')
  const limits = { signal, timeout: BUILD_LIMIT_MS }
  await bundleRdsClient(home, limits)
  const older = await olderBundle(options.against, { home, limits })
  const tools = { home, older, pythonBin: python.kind === 'ready' ? python.bin : undefined }
  const rows = rowsOf(await measureRounds({ ...options, tools, signal, report }))
  const verdicts = judge(rows)
  const notes = [
    ...notesOn(options, python.kind === 'ready' ? undefined : python.because),
    ...(older === undefined ? [] : [sizeNote(older)]),
  ]
  const paragraphs = [renderTable(rows), verdicts.map(({ line }) => line), notes]
  process.stdout.write(`${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`)
  return options.strict && verdicts.some(({ isMet }) => !isMet) ? 1 : 0
}

async function pythonFor({ withScripts }: BenchOptions): ReturnType<typeof pythonEnvironment> {
  if (!withScripts) return { kind: 'missing', because: '--no-scripts was given' }
  report('looking for Python and boto3')
  return await pythonEnvironment()
}

/** What a reader of the figures must know, and CONTRIBUTING.md cannot. */
function notesOn({ rounds, situations, speed }: BenchOptions, missing: string | undefined): string[] {
  const processors = cpus()
  const machine = `${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}`
  return [
    `- Rounds: ${rounds}, after one to warm up. ${machine}, ${process.platform}-${process.arch}, Node.js ${process.version}.`,
    ...(missing === undefined ? [] : [`- The script with boto3 is left out: ${missing}.`]),
    ...(situations.includes('published') && speed !== 1
      ? [
          `- Scaled: where a run waits, the local clock ran ${speed} times faster, and times were multiplied by ${speed}. So what a process itself takes is shown ${speed} times too long.`,
        ]
      : []),
  ]
}

/** What every run reads; the rest is loaded where it is needed. */
function sizeNote(older: string): string {
  const ratio = statSync(ACTION_BUNDLE).size / statSync(older).size
  return `- index.js has ${ratio.toFixed(3)}× the bytes of the older build's.`
}

/** Beside the table, not in it: `npm run bench > figures.md` gets the table alone. */
function report(line: string): void {
  process.stderr.write(`${line}\n`)
}

function watchInterruptions(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      controller.abort()
    })
  // Whoever read the output is gone: nobody needs the rest.
  process.stdout.on('error', () => {
    controller.abort()
  })
  return controller.signal
}

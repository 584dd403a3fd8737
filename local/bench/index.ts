import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../program.ts'
import { pythonEnvironment } from '../python-environment.ts'
import { runChild } from './child.ts'
import { bundleRdsClient, bundleSizes } from './bundles.ts'
import { ACTION_BUNDLE } from './contenders.ts'
import { notesOn } from './notes.ts'
import { type BenchOptions, HELP, readOptions } from './options.ts'
import { measureRounds } from './rounds.ts'
import { rowsOf } from './rows.ts'
import { renderTable } from './table.ts'
import { isFailure, judge, renderVerdicts } from './targets.ts'

const INTERRUPTED_EXIT_CODE = 130
const VERSION_LIMIT_MS = 30_000

await runProgram({ command: 'npm run bench', help: HELP, readOptions, run })

async function run(options: BenchOptions): Promise<void> {
  const interruption = watchInterruptions()
  try {
    process.exitCode = await bench(options, interruption)
  } catch (error) {
    if (interruption.aborted) process.exitCode = INTERRUPTED_EXIT_CODE
    else {
      process.stderr.write(
        `✗ Nothing was measured: ${error instanceof Error ? error.message : String(error)}\n`,
      )
      process.exitCode = 1
    }
  }
}

/** The exit code. */
async function bench(options: BenchOptions, signal: AbortSignal): Promise<number> {
  if (!existsSync(ACTION_BUNDLE)) {
    process.stderr.write('dist/index.js, which is what is measured, is missing. Run `npm run build`.\n')
    return 1
  }
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const home = join(scratch, 'home')
    mkdirSync(home)
    const python = await pythonFor(options)
    report('bundling the RDS client alone')
    const rdsClientBundle = await bundleRdsClient(scratch, { signal })
    const bundles = bundleSizes(rdsClientBundle)
    const measurements = await measureRounds({
      ...options,
      tools: { rdsClientBundle, pythonBin: python.kind === 'ready' ? python.bin : undefined, home },
      signal,
      report,
    })
    const rows = rowsOf(measurements, { rounds: options.rounds, bundles })
    const verdicts = judge(rows)
    const notes = notesOn(
      options,
      python.kind === 'ready'
        ? { version: await awsVersion(python.bin, { home, signal }) }
        : { missingBecause: python.because },
    )
    const lines = options.json
      ? [JSON.stringify({ measurements, bundles, verdicts, notes }, undefined, 2)]
      : [...renderTable(rows), '', ...renderVerdicts(verdicts), '', ...notes.map((note) => `- ${note}`)]
    process.stdout.write(`${lines.join('\n')}\n`)
    return isFailure(verdicts, options) ? 1 : 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function pythonFor({ withScripts }: BenchOptions): ReturnType<typeof pythonEnvironment> {
  if (!withScripts) return { kind: 'missing', because: '--no-scripts was given' }
  report('looking for Python, the AWS CLI and boto3')
  return await pythonEnvironment()
}

/** Such as `aws-cli/1.46.3 … botocore/1.44.5`: that botocore is boto3's too. */
async function awsVersion(
  bin: string,
  { home, signal }: { readonly home: string; readonly signal: AbortSignal },
): Promise<string> {
  const command = { file: join(bin, 'aws'), args: ['--version'], env: { HOME: home }, cwd: home }
  const { stdout } = await runChild(command, { signal, timeoutMs: VERSION_LIMIT_MS, watchMemory: false })
  return stdout.trim()
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

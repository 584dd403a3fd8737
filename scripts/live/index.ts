/**
 * The live test: `node scripts/live/index.ts play` asks AWS what only AWS can answer, and `clear` takes away what that made. Both
 * write live-report.json. They run in .github/workflows/live.yml; docs/live-test.md says what it needs and costs.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Driver } from './driver.ts'
import { clearAway } from './leftovers.ts'
import type { Report } from './report.ts'
import { jobCredentials } from './roles.ts'
import { readSettings } from './settings.ts'
import { STEPS } from './steps.ts'

const REPORT_FILE = 'live-report.json'

function write(report: Report): void {
  writeFileSync(REPORT_FILE, `${JSON.stringify(report, undefined, 2)}\n`)
}

/** What was settled. The words of AWS stand in the report alone: in a log, they could be read as a command. */
function tell({ steps }: Report): void {
  for (const { findings, name, number, result } of steps) {
    console.log(`${number}. ${name}: ${result}`)
    for (const { question, switch: name, value } of findings)
      console.log(`   ${name ?? question} ${JSON.stringify(value)}`)
  }
}

async function main(command: string | undefined): Promise<boolean> {
  const { stage, ...roles } = readSettings(process.env)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop.abort()
    })
  const driver = new Driver({
    stage,
    clock: { now: () => Date.now(), sleep: (ms, options) => sleep(ms, undefined, options) },
    credentials: jobCredentials({
      ...roles,
      region: stage.region,
      tokenUrl: process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '',
      tokenBearer: process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '',
    }),
    signal: stop.signal,
    onReport: write,
  })
  if (command === 'play') {
    const report = await driver.playAll(STEPS)
    tell(report)
    return !stop.signal.aborted && report.steps.every(({ result }) => result !== 'failed')
  }
  if (command !== 'clear') throw new Error('Say what to do: play or clear.')
  const left = await driver.play(clearAway(stage), 'Clear away')
  write(driver.report)
  for (const name of left) console.log(`LEFT: ${name}`)
  return left.length === 0
}

if (!(await main(process.argv[2]))) process.exitCode = 1

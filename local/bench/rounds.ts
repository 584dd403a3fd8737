import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders.ts'
import { type Conditions, type Measurement, type Run, measure } from './measure.ts'
import { SITUATIONS, type SituationName } from './situations.ts'

export interface Plan extends Conditions {
  readonly rounds: number
  readonly situations: readonly SituationName[]
  readonly report: (line: string) => void
}

const STAGGER_MS = 900
/** AWS's own time, and two of the script's polls. */
const LONGEST_WAIT_MS = 130_000

/** Round after round, everybody in each, in an order that turns: what disturbs the machine disturbs all alike. */
export async function measureRounds(plan: Plan): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  const starts = plan.situations.filter((name) => name !== 'published')
  // Files and code are warm for nobody in the first round, so it is not counted.
  for (let round = 0; starts.length > 0 && round <= plan.rounds; round += 1) {
    plan.report(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`)
    const runs = starts.flatMap((situation, index) => runsOf(plan, { situation, round, by: round + index }))
    for (const run of runs) {
      const measurement = await measure(run, plan)
      if (round > 0) measurements.push(measurement)
    }
  }
  return plan.situations.includes('published')
    ? [...measurements, ...(await measureWaiting(plan))]
    : measurements
}

/** Everybody's, in an order that is turned. */
function runsOf(
  { tools }: Plan,
  {
    situation,
    round,
    by,
  }: { readonly situation: SituationName; readonly round: number; readonly by: number },
): readonly Run[] {
  const contenders: Contender[] = ['action']
  if (tools.older !== undefined) contenders.push('older')
  if (situation !== 'published') contenders.push('rds-client')
  if (SITUATIONS[situation].script !== undefined && tools.pythonBin !== undefined) contenders.push('boto3')
  return turned(contenders, by).map((contender) => ({ situation, contender, round }))
}

export function turned<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length === 0 ? 0 : by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

/** With everybody's own default poll, which is long and takes no processor: so all rounds wait side by side. */
async function measureWaiting(plan: Plan): Promise<readonly Measurement[]> {
  const runs = Array.from({ length: plan.rounds }, (_, index) =>
    runsOf(plan, { situation: 'published', round: index + 1, by: index }),
  ).flat()
  const limit = Math.ceil((LONGEST_WAIT_MS + runs.length * STAGGER_MS) / plan.speed / 1_000)
  plan.report(`create and wait, ${runs.length} runs side by side: up to ${limit} s`)
  const measuring = runs.map(async (run, index) => {
    await sleep((index * STAGGER_MS) / plan.speed, undefined, { signal: plan.signal })
    return await measure(run, plan)
  })
  // When one fails the others are waited for, so that nothing is left running.
  await Promise.allSettled(measuring)
  return await Promise.all(measuring)
}

import { expect, test } from '@jest/globals'
import type { ScriptedStatement } from '../../local/aurora/data-api.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { RunningStep, StepResult } from '../../local/runner/step.ts'
import type { Engine } from '../../local/team.ts'
import { oneByOne } from './side-by-side.ts'
import { ENGINES, type PrivateShop, SLOW, aPrivateShop, errorOf, isClean } from './private-shop.ts'
import { IN_PROCESS, LABEL, SOURCE } from './world.ts'

// The machine dies while a clone is prepared. Nobody reaches it before it is clean, whoever comes next, and the next run with the inputs
// ends with a clone that is. The moments are not written down here: they are the calls that an undisturbed run makes.

const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL }
/** More than the five minutes after which a run that says nothing is over. */
const SEVEN_MINUTES = { 'wait-timeout': '7m', 'poll-interval': '60s' }

/** Two statements, a check, and decisions about columns. */
function inputsOf(shop: PrivateShop): Readonly<Record<string, string>> {
  return { ...CREATE, ...shop.inputs, 'sanitize-sql': 'db/sanitise/10-*.sql' }
}

interface Moment {
  readonly name: string
  readonly side: 'before' | 'after'
  readonly isMoment: (request: AwsRequestRecord, requests: readonly AwsRequestRecord[]) => boolean
  /** How statements go, where they take time. */
  readonly script?: ScriptedStatement
}

function sqlOf({ input }: AwsRequestRecord): string {
  return typeof input['sql'] === 'string' ? input['sql'] : ''
}

/** A query changes nothing, but for one that ends sessions. */
function changes(request: AwsRequestRecord): boolean {
  const sql = sqlOf(request)
  return (
    request.mutating && request.applied && (!/^SELECT\b/.test(sql) || sql.includes('pg_terminate_backend'))
  )
}

/**
 * Right before a change, AWS and the database are as right after the one before it. So one engine is killed before each of its changes,
 * the other after each of them, and both in every state that there is after the first.
 */
function momentsOf(engine: Engine, requests: readonly AwsRequestRecord[]): readonly Moment[] {
  return requests.filter(changes).flatMap((request, index, all) => {
    const { operation } = request
    const isSame = (other: AwsRequestRecord): boolean => other.operation === operation
    const nth = requests.filter(isSame).indexOf(request)
    const isMoment: Moment['isMoment'] = (other, others) =>
      isSame(other) && others.filter(isSame).indexOf(other) === nth
    const moment = (side: Moment['side']): Moment => ({
      name: `${side} ${String(index + 1)}, ${operation} ${sqlOf(request).slice(0, 40)}`.trim(),
      side,
      isMoment,
    })
    if (engine === 'aurora-mysql') return [moment('after')]
    return index === all.length - 1 ? [moment('before'), moment('after')] : [moment('before')]
  })
}

/** The run asks for the mark of the first statement, which AWS does not answer any more and which goes on after the kill. */
const WITHIN_A_STATEMENT: Moment = {
  name: 'within a statement',
  side: 'before',
  isMoment: (request) => sqlOf(request).includes('BETWEEN 1 AND 1'),
  script: { matches: SLOW, takesMs: 150_000 },
}

async function undisturbed(shop: PrivateShop): Promise<readonly AwsRequestRecord[]> {
  const { world } = shop
  const run = await world.play(inputsOf(shop), IN_PROCESS)
  expect(errorOf(run)).toBe('no error: ')
  expect(run.outputs['outcome']).toBe('ready')
  const requests = [...world.cloud.aws.requests]
  await shop.leave()
  return requests
}

/** Plays a run whose process dies at that moment. */
async function dies(shop: PrivateShop, { side, isMoment, script }: Moment): Promise<StepResult> {
  const { aws } = shop.world.cloud
  const from = aws.requests.length
  const running: { step?: RunningStep } = {}
  const die = async (request: AwsRequestRecord): Promise<void> => {
    if (!isMoment(request, aws.requests.slice(from))) return
    running.step?.kill()
    // Whom should it answer? And before, it is never carried out.
    await new Promise<never>(() => undefined)
  }
  shop.watch(side === 'before' ? { beforeApply: die } : { afterApply: die })
  if (script !== undefined) aws.scriptedStatements.push(script)
  running.step = shop.world.start(inputsOf(shop), { inProcess: false })
  const result = await running.step.result
  aws.scriptedStatements.splice(0)
  shop.watch()
  return result
}

/** What a run without the inputs that sanitise tells of a clone that is not clean: nothing. */
async function told(shop: PrivateShop, play: () => Promise<StepResult>): Promise<unknown> {
  const wasClean = shop.world.clones().every(isClean)
  const run = await play()
  if (wasClean) return 'nothing'
  const isTold = run.outputs['outcome'] === 'ready' || shop.tellsEndpoint(run)
  return isTold ? [run.outputs, errorOf(run)] : 'nothing'
}

async function after(shop: PrivateShop): Promise<unknown> {
  const { world } = shop
  const half = world.clones().map(({ resourceId }) => resourceId)
  // Without a clone there is nothing that was to be sanitised: such a run makes one of its own.
  const plain =
    half.length === 0
      ? 'nothing'
      : await told(shop, () => world.create({ ...SEVEN_MINUTES, wait: 'true' }, IN_PROCESS))
  const waited = await told(shop, () => world.wait(SEVEN_MINUTES, IN_PROCESS))
  const next = await world.play(inputsOf(shop), IN_PROCESS)
  const clones = world.clones().filter(({ status }) => status !== 'deleting')
  return {
    plain,
    waited,
    next: `${next.outputs['outcome'] ?? ''} ${errorOf(next)}`,
    clones: clones.length,
    groups: clones.flatMap(({ vpcSecurityGroupIds }) => vpcSecurityGroupIds),
    dataApi: clones.some(({ httpEndpointEnabled }) => httpEndpointEnabled),
    clone: next.outputs['outcome'] === 'ready' ? await shop.domains('clone') : 'not reachable',
    source: await shop.domains('source'),
    breaches: shop.breaches.splice(0),
  }
}

/** Real time: a score of kills takes longer than other tests may. */
const LIMIT_MS = 900_000

for (const [engine, describeEngine] of ENGINES)
  describeEngine(engine, () => {
    test(
      'the process dies',
      async () => {
        const shop = await aPrivateShop(engine)
        shop.watch()
        const moments = [...momentsOf(engine, await undisturbed(shop)), WITHIN_A_STATEMENT]
        expect(moments.length).toBeGreaterThan(15)
        const groups = shop.world.cloud.region.cluster(SOURCE)?.vpcSecurityGroupIds ?? []
        const ends = await oneByOne(moments, async (moment) => {
          const { signal } = await dies(shop, moment)
          const end = await after(shop)
          await shop.leave()
          return { signal, end }
        })
        const end = {
          plain: 'nothing',
          waited: 'nothing',
          next: 'ready no error: ',
          clones: 1,
          groups,
          dataApi: false,
          clone: new Set(['masked.invalid']),
          source: new Set(['example.com']),
          breaches: [],
        }
        expect(Object.fromEntries(moments.map(({ name }, index) => [name, ends[index]]))).toEqual(
          Object.fromEntries(moments.map(({ name }) => [name, { signal: 'SIGKILL', end }])),
        )
      },
      LIMIT_MS,
    )
  })

import { expect, test } from '@jest/globals'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { RunningStep, StepResult } from '../../local/runner/step.ts'
import { oneByOne } from './side-by-side.ts'
import { ENGINES, type PrivateShop, aPrivateShop, errorOf } from './private-shop.ts'
import { LABEL, SOURCE } from './world.ts'

// The machine dies while a clone is prepared. Nobody reaches it before it is clean, whoever comes next, and the next run with the inputs
// ends with a clone that is. The moments are not written down here: they are the calls that an undisturbed run makes.

const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL }
/** More than the five minutes after which a run that says nothing is over. */
const SEVEN_MINUTES = { 'wait-timeout': '7m', 'poll-interval': '60s' }
const IN_PROCESS = { inProcess: true }

/** Two statements, a check, and decisions about columns. */
function inputsOf(shop: PrivateShop): Readonly<Record<string, string>> {
  return { ...CREATE, ...shop.inputs, 'sanitize-sql': 'db/sanitise/10-*.sql' }
}

type Side = 'before' | 'after'

interface Moment {
  readonly name: string
  readonly sides: readonly Side[]
  readonly isMoment: (request: AwsRequestRecord, requests: readonly AwsRequestRecord[]) => boolean
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
 * Right before a change, AWS and the database are as right after the one before it. So of the states that there are, each engine plays
 * every second one, and the other engine those in between: half of them before a call, the others after one.
 */
function momentsOf(requests: readonly AwsRequestRecord[], first: number): readonly Moment[] {
  return requests.filter(changes).map((request, index, all) => {
    const { operation } = request
    const isSame = (other: AwsRequestRecord): boolean => other.operation === operation
    const nth = requests.filter(isSame).indexOf(request)
    const turn = (index + first) % 4
    const isAfter = turn === 1 || index === all.length - 1
    return {
      name: `${String(index + 1)}: ${operation} ${sqlOf(request).slice(0, 40)}`.trim(),
      sides: [...(turn === 0 ? ['before' as const] : []), ...(isAfter ? ['after' as const] : [])],
      isMoment: (other, others) => isSame(other) && others.filter(isSame).indexOf(other) === nth,
    }
  })
}

const known = new Map<string, readonly Moment[]>()

async function momentsFor(shop: PrivateShop): Promise<readonly Moment[]> {
  const { engine, world } = shop
  const moments = known.get(engine)
  if (moments !== undefined) return moments
  const from = world.cloud.aws.requests.length
  const run = await world.play(inputsOf(shop))
  expect(errorOf(run)).toBe('no error: ')
  expect(run.outputs['outcome']).toBe('ready')
  const found = momentsOf(world.cloud.aws.requests.slice(from), engine === 'aurora-mysql' ? 1 : 0)
  known.set(engine, found)
  await leave(shop)
  return found
}

async function leave({ world }: PrivateShop): Promise<void> {
  await world.destroy({ wait: 'true' }, IN_PROCESS)
  expect(world.clones()).toEqual([])
}

/** Plays a run whose process dies at that moment. */
async function dies(shop: PrivateShop, side: Side, { isMoment }: Moment): Promise<StepResult> {
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
  running.step = shop.world.start(inputsOf(shop), { inProcess: false })
  const result = await running.step.result
  shop.watch()
  return result
}

function isClean({ world }: PrivateShop): boolean {
  return world.clones().every(({ tags }) => tags['aurora-clone:sanitised']?.startsWith('clean-') === true)
}

/** What a run without the inputs that sanitise tells of a clone that is not clean: nothing. */
async function told(shop: PrivateShop, play: () => Promise<StepResult>): Promise<unknown> {
  const wasClean = isClean(shop)
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
  const next = await world.play(inputsOf(shop), { inProcess: false })
  const clones = world.clones().filter(({ status }) => status !== 'deleting')
  const domains = async (where: 'source' | 'clone'): Promise<unknown> =>
    new Set((await shop.emails(where)).map((email) => email.replace(/^user\d+@/, '')))
  return {
    plain,
    waited,
    next: `${next.outputs['outcome'] ?? ''} ${errorOf(next)}`,
    clones: clones.length,
    groups: clones.flatMap(({ vpcSecurityGroupIds }) => vpcSecurityGroupIds),
    dataApi: clones.some(({ httpEndpointEnabled }) => httpEndpointEnabled),
    clone: next.outputs['outcome'] === 'ready' ? await domains('clone') : 'not reachable',
    source: await domains('source'),
    breaches: shop.breaches.splice(0),
  }
}

for (const [engine, describeEngine] of ENGINES)
  describeEngine(`${engine}: the process dies`, () => {
    test.each<Side>(['before', 'after'])('%s a call that changes something', async (side) => {
      const shop = await aPrivateShop(engine)
      shop.watch()
      const moments = (await momentsFor(shop)).filter(({ sides }) => sides.includes(side))
      expect(moments.length).toBeGreaterThan(3)
      const groups = shop.world.cloud.region.cluster(SOURCE)?.vpcSecurityGroupIds ?? []
      const ends = await oneByOne(moments, async (moment) => {
        const { signal } = await dies(shop, side, moment)
        const end = await after(shop)
        await leave(shop)
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
    })
  })

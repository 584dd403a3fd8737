import { describe, expect, test } from '@jest/globals'
import {
  conclusions,
  Gates,
  GRACE_MS,
  job,
  labeled,
  Notes,
  aPull,
  play,
  aService,
  start,
  workflow,
  cloud,
} from './service.ts'

describe('needs', () => {
  test('a job waits for what it needs and sees results and outputs', async () => {
    const notes = new Notes()
    const result = await play(
      workflow(`last:
  needs: [first, second]
  if: always()
  runs-on: x
  steps:
    - uses: test/note@v1
      with: { value: '\${{ needs.first.outputs.x }} \${{ needs.first.result }} \${{ needs.second.result }} \${{ needs.other.result }}' }
second:
  needs: first
  runs-on: x
  steps: [{ run: exit 1 }]
first:
  runs-on: x
  outputs: { x: '\${{ steps.a.outputs.x }}', empty: '\${{ steps.a.outputs.y }}' }
  steps: [{ id: a, run: 'echo x=42 >> "$GITHUB_OUTPUT"' }]`),
      { actions: notes.actions },
    )
    expect(notes.inputs).toEqual([{ value: '42 success failure ' }])
    expect(conclusions(result)).toEqual({ first: 'success', second: 'failure', last: 'success' })
    expect(job(result, 'first').outputs).toEqual({ x: '42' })
    expect(result.conclusion).toBe('failure')
  })

  test('what is not needed is not seen', async () => {
    const notes = new Notes()
    await play(
      workflow(`first: { runs-on: x, steps: [{ run: 'true' }] }
second: { needs: first, runs-on: x, steps: [{ run: 'true' }] }
third:
  needs: second
  runs-on: x
  steps:
    - { uses: test/note@v1, with: { value: '[\${{ needs.first.result }}]' } }`),
      { actions: notes.actions },
    )
    expect(notes.inputs).toEqual([{ value: '[]' }])
  })

  test('jobs that need nothing run side by side', async () => {
    const gates = new Gates()
    const one = (name: string): string =>
      `${name}:\n  runs-on: x\n  steps: [{ uses: test/gate@v1, with: { name: ${name} } }]`
    const run = start(await aService(workflow(`${one('a')}\n${one('b')}`), { actions: gates.actions }))
    await Promise.all([gates.arrived('a'), gates.arrived('b')])
    expect(run.status).toBe('in_progress')
    gates.open('a')
    gates.open('b')
    expect((await run.result).conclusion).toBe('success')
    expect(run.status).toBe('completed')
  })
})

describe('a matrix', () => {
  test('is a job for every combination, and one for those that need it', async () => {
    const notes = new Notes()
    const result = await play(
      workflow(`job:
  name: \${{ matrix.source }} of \${{ strategy.job-total }}
  runs-on: \${{ matrix.os }}
  strategy:
    matrix:
      source: [orders, users]
      os: [x]
      include: [{ source: users, size: 2 }, { source: logs, os: y }]
  outputs: { last: '\${{ matrix.source }}' }
  steps:
    - uses: test/note@v1
      with: { value: '\${{ matrix.source }} \${{ matrix.size }} \${{ strategy.job-index }}' }
after:
  needs: job
  runs-on: x
  steps: [{ uses: test/note@v1, with: { value: '\${{ needs.job.result }} \${{ needs.job.outputs.last }}' } }]`),
      { actions: notes.actions },
    )
    expect(notes.inputs.map(({ value }) => value)).toEqual([
      'orders  0',
      'users 2 1',
      'logs  2',
      'success logs',
    ])
    expect(result.jobs.map(({ id, name }) => [id, name])).toEqual([
      ['job (orders, x)', 'orders of 3'],
      ['job (users, x, 2)', 'users of 3'],
      ['job (logs, y)', 'logs of 3'],
      ['after', 'after'],
    ])
  })

  test('can be computed', async () => {
    const notes = new Notes()
    await play(
      workflow(`job:
  runs-on: x
  strategy: { matrix: { source: "\${{ fromJSON('[1, 2]') }}" } }
  steps: [{ uses: test/note@v1, with: { value: '\${{ matrix.source }}' } }]
whole:
  runs-on: x
  strategy: { matrix: "\${{ fromJSON('{\\"source\\": [3]}') }}" }
  steps: [{ uses: test/note@v1, with: { value: '\${{ matrix.source }}' } }]`),
      { actions: notes.actions },
    )
    expect(notes.inputs.map(({ value }) => value).toSorted()).toEqual(['1', '2', '3'])
  })

  test('without values fails', async () => {
    const result = await play(
      workflow(`job:
  runs-on: x
  strategy: { matrix: { source: "\${{ fromJSON('[]') }}" } }
  steps: [{ run: 'true' }]`),
    )
    expect(job(result)).toMatchObject({
      conclusion: 'failure',
      error: "Matrix vector 'source' does not contain any values",
    })
  })

  const failing = (strategy: string): string =>
    workflow(
      `job:
  runs-on: x
  strategy: { matrix: { n: [1, 2, 3] }, ${strategy} }
  steps:
    - { uses: test/gate@v1, with: { name: 'gate-\${{ matrix.n }}' } }
    - run: test "$N" != 1
      env: { N: '\${{ matrix.n }}' }`,
    )

  test('fail-fast: the others are cancelled', async () => {
    const gates = new Gates()
    const run = start(
      await aService(failing('fail-fast: true'), { actions: gates.actions }),
      labeled(aPull()),
    )
    await Promise.all([1, 2, 3].map((n) => gates.arrived(`gate-${n}`)))
    gates.open('gate-1')
    const result = await run.result
    expect(conclusions(result)).toEqual({
      'job (1)': 'failure',
      'job (2)': 'cancelled',
      'job (3)': 'cancelled',
    })
    expect(result.conclusion).toBe('failure')
    expect(job(result, 'job (2)').error).toBe(
      'The strategy configuration was canceled because "job (1)" failed',
    )
  })

  test('without fail-fast they go on', async () => {
    const gates = new Gates()
    for (const n of [1, 2, 3]) gates.open(`gate-${n}`)
    const result = await play(failing('fail-fast: false'), { actions: gates.actions })
    expect(conclusions(result)).toEqual({ 'job (1)': 'failure', 'job (2)': 'success', 'job (3)': 'success' })
  })

  test('max-parallel: so many at a time', async () => {
    let running = 0
    let most = 0
    const count = async (): Promise<Record<string, never>> => {
      running += 1
      most = Math.max(most, running)
      await cloud.clock.sleep(1_000)
      running -= 1
      return {}
    }
    const text = workflow(`job:
  runs-on: x
  strategy: { max-parallel: 2, matrix: { n: [1, 2, 3, 4, 5] } }
  steps: [{ uses: test/count@v1 }]`)
    const result = await play(text, { actions: { 'test/count': count }, cancelGraceMs: GRACE_MS })
    expect(result.jobs).toHaveLength(5)
    expect(most).toBe(2)
  })
})

describe('runs-on', () => {
  const running = (runsOn: string): string =>
    workflow(`job: { runs-on: ${runsOn}, steps: [{ run: 'true' }] }`)

  test.each([
    ['vpc', ['vpc']],
    ['[self-hosted, linux]', ['self-hosted', 'linux']],
    [`"\${{ fromJSON('[\\"self-hosted\\", \\"vpc\\"]') }}"`, ['self-hosted', 'vpc']],
  ])('%s asks for a runner with %j', async (runsOn, labels) => {
    expect(job(await play(running(runsOn)))).toMatchObject({ conclusion: 'success', labels })
  })

  test.each(['"${{ github.event.nothing }}"', '"${{ fromJSON(\'[]\') }}"', '"${{ fromJSON(\'[1]\') }}"'])(
    '%s is no runner: the job fails before its first step',
    async (runsOn) => {
      expect(job(await play(running(runsOn)))).toMatchObject({
        conclusion: 'failure',
        steps: [],
        error: expect.stringContaining('runs-on'),
      })
    },
  )

  test('a job that does not start asks for none', async () => {
    const text = workflow("job: { if: false, runs-on: vpc, steps: [{ run: 'true' }] }")
    expect(job(await play(text))).toMatchObject({ conclusion: 'skipped', labels: [] })
  })
})

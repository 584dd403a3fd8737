import { describe, expect, test } from '@jest/globals'
import { SKIP_REASONS } from '../../src/contract.ts'
import { Cancelled, Failure } from '../../src/failure.ts'
import type { CloneState, Removal } from '../../src/outcome.ts'
import { commentMarker, renderComment, renderSummary, skipSentence } from '../../src/report/clone-markdown.ts'
import { CLONE, aReport } from '../factories.ts'

const RUN = 'https://github.com/acme/shop/actions/runs/99'
const FULL = { details: 'full', runUrl: RUN } as const
const MINIMAL = { details: 'minimal', runUrl: RUN } as const
const FOOTER = `<sub>[Details of the run](${RUN})</sub>`
const HOST = `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com`
const FAILURE = new Failure({ title: 'Clone failed', what: 'It <b>failed</b>.', remedy: 'Look | again.' })

test('the marker is a comment that nobody sees', () => {
  expect(commentMarker('551c8f4a')).toBe('<!-- aurora-clone-action:v1 clone=551c8f4a -->')
})

describe('full', () => {
  test('ready', () => {
    expect(renderComment(aReport(), FULL)).toBe(
      [
        '### ✅ Database clone is ready',
        '',
        '| | |',
        '|---|---|',
        `| **Endpoint** | \`${HOST}\` |`,
        '| **Port** | 5432 |',
        '| **Database** | `shop` |',
        '| **User** | `postgres`, password as on the source |',
        '| **Engine** | aurora-postgresql 16.6 |',
        '| **Instance** | `db.serverless` |',
        '| **Source** | `orders`, data as of 2026-11-21 08:30 UTC |',
        `| **Cluster** | \`${CLONE}\` in eu-west-1 |`,
        '| **Expires** | 2026-11-28 08:30 UTC |',
        '',
        'It is destroyed when the pull request is closed.',
        '',
        FOOTER,
      ].join('\n'),
    )
  })

  test('creating: no endpoint to try, AWS’s own words instead', () => {
    const text = renderComment(
      aReport({ state: 'creating', standing: 'cluster creating, writer creating' }),
      FULL,
    )
    expect(text).toContain('### ⏳ Database clone is being created')
    expect(text).toContain('| **State** | cluster creating, writer creating |')
    expect(text).not.toContain(HOST)
  })

  test('what is not known is left out', () => {
    const clone = aReport({
      endpoint: undefined,
      port: undefined,
      databaseName: '',
      masterUsername: undefined,
      source: undefined,
      expiresAt: undefined,
    })
    expect(renderComment(clone, FULL)).not.toMatch(
      /Endpoint|Port|\*\*Database\*\*|User|Source|Expires|undefined/,
    )
  })

  test('times that are none are shown as they are', () => {
    const clone = aReport({ expiresAt: '<soon>', dataAsOf: undefined })
    expect(renderComment(clone, FULL)).toContain('| **Expires** | &lt;soon&gt; |')
    expect(renderComment(clone, FULL)).toContain('| **Source** | `orders` |')
  })

  test.each<[CloneState, string]>([
    ['deleting', '### 🗑️ Database clone is being deleted'],
    ['destroyed', '### 🗑️ Database clone is gone'],
  ])('%s: a tombstone', (state, headline) => {
    const text = renderComment(aReport({ state }), FULL)
    expect(text.split('\n')[0]).toBe(headline)
    expect(text).toContain(`| **Cluster** | \`${CLONE}\` |`)
    expect(text).not.toMatch(/Endpoint|postgres|State/)
  })

  test('held', () => {
    const text = renderComment(aReport({ state: 'held' }), FULL)
    expect(text).toContain('### 🔒 Database clone is held')
    expect(text).toContain('It is kept as long as its tag `aurora-clone:hold` says so.')
  })

  test('failed', () => {
    expect(renderComment(aReport({ state: 'failed' }), FULL)).toContain('### ❌ Database clone has failed')
  })

  test('a failure says what and what to do, as text', () => {
    const text = renderComment(aReport({ state: 'creating' }), FULL, FAILURE)
    expect(text).toContain('### ❌ Database clone is not ready')
    expect(text).toContain('**Clone failed.** It &lt;b&gt;failed&lt;/b&gt;.')
    expect(text).toContain(String.raw`**What to do:** Look \| again.`)
    expect(text).toContain('| **State** | cluster available, writer available |')
    expect(text).not.toContain('five to ten minutes')
  })

  test.each([
    ['a pull request’s', {}, 'It is destroyed when the pull request is closed.'],
    [
      'one that a label asked for',
      { hasLabel: true },
      'It is destroyed when the pull request is closed or loses its label.',
    ],
    ['one of nobody’s pull request', { isOfPullRequest: false }, 'It is kept until somebody destroys it.'],
  ])('%s: says how long it lives', (_, overrides, says) => {
    expect(renderComment(aReport(overrides), FULL)).toContain(`\n${says}\n`)
  })

  test('a named clone says which', () => {
    expect(renderComment(aReport({ name: 'billing' }), FULL).split('\n')[0]).toBe(
      '### ✅ Database clone is ready (`billing`)',
    )
  })

  test('nothing from outside breaks out of its cell', () => {
    const evil = '`| <img src=x onerror=1> @everyone [x](https://evil.example)\n\n# owned'
    const text = renderComment(
      aReport({
        endpoint: evil,
        databaseName: evil,
        masterUsername: evil,
        engine: evil,
        source: evil,
        region: evil,
      }),
      FULL,
    )
    expect(text).not.toMatch(/^# owned/m)
    for (const row of text.split('\n').filter((line) => line.startsWith('| **')))
      expect(row.replace(/\\\|/g, '').split('|')).toHaveLength(4)
  })
})

describe('minimal: the state and nothing of the database', () => {
  test.each<[CloneState, string]>([
    ['creating', '### ⏳ Database clone is being created'],
    ['ready', '### ✅ Database clone is ready'],
    ['failed', '### ❌ Database clone has failed'],
    ['deleting', '### 🗑️ Database clone is being deleted'],
    ['destroyed', '### 🗑️ Database clone is gone'],
    ['held', '### 🔒 Database clone is held'],
  ])('%s', (state, headline) => {
    const text = renderComment(aReport({ state }), MINIMAL)
    expect(text.split('\n')[0]).toBe(headline)
    expect(text).toContain(`](${RUN})</sub>`)
    expect(text).not.toMatch(/amazonaws|postgres|shop-|orders|16\.6|eu-west-1/)
  })

  test('not even why it failed', () => {
    const text = renderComment(aReport({ state: 'creating' }), MINIMAL, FAILURE)
    expect(text).toContain('Database clone is not ready')
    expect(text).not.toContain('failed')
  })
})

test.each(SKIP_REASONS)('%s is said in a sentence', (reason) => {
  expect(skipSentence(reason)).toMatch(/^[A-Z].*\.$/)
})

describe('renderSummary', () => {
  const page = { clone: undefined, failure: undefined, elapsedMs: 5_000, details: 'full' } as const
  const CREATING = aReport({ state: 'creating', standing: 'cluster creating, writer creating' })

  test('ready: everything, for whoever may see the run', () => {
    const text = renderSummary({ ...page, outcome: { outcome: 'ready', clone: aReport() } })
    expect(text.split('\n')[0]).toBe('### ✅ Database clone is ready')
    expect(text).toContain(`| **Endpoint** | \`${HOST}\` |`)
    expect(text).toContain('It is destroyed when the pull request is closed.')
    expect(text).toMatch(/<sub>The step took 5(?:\.0)?\s?s\.<\/sub>\n$/)
  })

  describe('minimal: what everybody may read', () => {
    const minimal = { ...page, details: 'minimal' } as const
    const TOLD = /\|\s*\*\*|amazonaws|postgres|shop-|orders|16\.6|eu-west-1/

    test.each<[CloneState, string]>([
      [
        'ready',
        [
          '### ✅ Database clone is ready',
          'Its endpoint is in the outputs of the step.',
          'It is destroyed when the pull request is closed.',
        ].join('\n\n'),
      ],
      ['creating', '### ⏳ Database clone is being created\n\nAWS mostly needs five to ten minutes.'],
      ['failed', '### ❌ Database clone has failed'],
      ['deleting', '### 🗑️ Database clone is being deleted\n\nAWS finishes the deletion by itself.'],
      ['destroyed', '### 🗑️ Database clone is gone'],
      ['held', '### 🔒 Database clone is held\n\nIt is kept as long as its tag `aurora-clone:hold` says so.'],
    ])('%s', (state, expected) => {
      const text = renderSummary({ ...minimal, outcome: undefined, clone: aReport({ state }) })
      expect(text).toBe(`${expected}\n\n<sub>The step took 5.0s.</sub>\n`)
    })

    test('a failure beside a clone that is on its way: no table of the clone', () => {
      const text = renderSummary({ ...minimal, outcome: undefined, failure: FAILURE, clone: CREATING })
      expect(text).toContain('### ❌ Clone failed')
      expect(text).toContain('It is not lost: it carries its tags')
      expect(text).not.toMatch(TOLD)
    })

    test('a failure beside a clone that is ready', () => {
      const outcome = { outcome: 'ready', clone: aReport() } as const
      const text = renderSummary({ ...minimal, outcome, failure: FAILURE })
      expect(text).toContain('### ❌ Clone failed')
      expect(text).toContain('### ✅ Database clone is ready\n\nIts endpoint is in the outputs of the step.')
      expect(text).not.toMatch(TOLD)
    })
  })

  test('full: the endpoint stands there, and nothing points elsewhere', () => {
    const text = renderSummary({ ...page, outcome: { outcome: 'ready', clone: aReport() } })
    expect(text).not.toContain('outputs of the step')
  })

  test('a named clone', () => {
    const text = renderSummary({
      ...page,
      outcome: { outcome: 'ready', clone: aReport({ name: 'billing' }) },
    })
    expect(text.split('\n')[0]).toBe('### ✅ Database clone is ready (`billing`)')
  })

  test('creating', () => {
    const text = renderSummary({ ...page, outcome: { outcome: 'creating', clone: CREATING } })
    expect(text).toContain('### ⏳ Database clone is being created')
    expect(text).toContain('| **State** | cluster creating, writer creating |')
    expect(text).not.toContain('comment')
  })

  test('skipped', () => {
    const text = renderSummary({ ...page, outcome: { outcome: 'skipped', skipReason: 'label-missing' } })
    expect(text).toContain(
      '### ⏭️ Skipped\n\nThe pull request does not have the label that asks for a clone.\n',
    )
    expect(text).not.toContain('Database clone')
  })

  test('absent', () => {
    expect(renderSummary({ ...page, outcome: { outcome: 'absent' } })).toContain(
      '### 🗑️ Nothing to destroy\n\nThere is no clone for it.\n',
    )
  })

  test('removals, each with its reason', () => {
    const removals: readonly Removal[] = [
      { clone: aReport(), result: 'deleting', because: undefined },
      { clone: aReport({ identifier: 'clone-b' }), result: 'failed', because: 'a | b <c>' },
    ]
    expect(
      renderSummary({ ...page, outcome: { outcome: 'deleting', clone: aReport(), removals } }),
    ).toContain(
      [
        '### 🗑️ Destroy',
        '',
        '| Clone | Result | Why |',
        '|---|---|---|',
        `| \`${CLONE}\` | deleting |  |`,
        String.raw`| ${'`clone-b`'} | failed | a \| b &lt;c&gt; |`,
        '',
      ].join('\n'),
    )
  })

  test('removals without any reason need no column for it', () => {
    const removals: readonly Removal[] = [{ clone: aReport(), result: 'destroyed', because: undefined }]
    const text = renderSummary({ ...page, outcome: { outcome: 'destroyed', removals } })
    expect(text).toContain(`| Clone | Result |\n|---|---|\n| \`${CLONE}\` | destroyed |\n`)
  })

  test('a failure, with what was last seen of the clone', () => {
    const text = renderSummary({ ...page, outcome: undefined, failure: FAILURE, clone: CREATING })
    expect(text).toContain(
      '### ❌ Clone failed\n\nIt &lt;b&gt;failed&lt;/b&gt;.\n\n**What to do:** Look \\| again.\n',
    )
    expect(text).toContain('#### The clone as it stands')
    expect(text).toContain('| **State** | cluster creating, writer creating |')
    expect(text).not.toContain(HOST)
  })

  test('a failure beside a clone that is ready', () => {
    const text = renderSummary({ ...page, outcome: { outcome: 'ready', clone: aReport() }, failure: FAILURE })
    expect(text).toContain('### ❌ Clone failed')
    expect(text).toContain('### ✅ Database clone is ready')
  })

  test('a failure before there was anything', () => {
    const text = renderSummary({ ...page, outcome: undefined, failure: FAILURE })
    expect(text).toContain('### ❌ Clone failed')
    expect(text).not.toContain(CLONE)
  })

  test('cancelled', () => {
    const failure = new Cancelled('The clone is being created.')
    const text = renderSummary({ ...page, outcome: undefined, failure })
    expect(text).toContain('### ✋ Cancelled')
    expect(text).toContain('The clone is being created.')
    expect(text).not.toContain('❌')
  })
})

import { describe, expect, test } from '@jest/globals'
import { SKIP_REASONS } from '../../src/contract.ts'
import { Cancelled, Failure, type FailureTitle } from '../../src/failure.ts'
import type {
  CloneState,
  Outcome,
  Removal,
  RemovalReason,
  SweepReport,
  Undeleted,
} from '../../src/outcome.ts'
import { commentMarker, renderComment, renderSummary, skipSentence } from '../../src/report/clone-markdown.ts'
import { CLONE, type ReportOverrides, aReport } from '../factories.ts'

const CHRISTMAS_EVE_MS = Date.parse('2026-12-24T18:00:00Z')
const ASKED_MS = Date.parse('2026-11-21T08:30:00Z')
const RUN = 'https://github.com/acme/shop/actions/runs/99'
const FULL = { details: 'full', runUrl: RUN } as const
const MINIMAL = { details: 'minimal', runUrl: RUN } as const
const FOOTER = `<sub>[Details of the run](${RUN})</sub>`
const HOST = `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com`
/** What a ready clone's comment says below its table. */
const EXTEND = '- **Extend**: push, or run the workflow again. It is then kept for at least its `ttl`.'
const HOLD =
  "- **Hold**: set the tag `aurora-clone:hold` on the clone's cluster to `true` or to a time such as `2026-12-01T00:00:00Z`, or run the workflow with the input `hold` if it has one. Nothing deletes a held clone, not even the sweep."
const RESET = '- **Reset**: run mode `reset`. This clone stays until the one with fresh data is ready.'
const RESET_BY_LABEL =
  '- **Reset**: put the label `fresh-data` on the pull request, or run mode `reset`. This clone stays until the one with fresh data is ready.'
const HELD_STEPS = [
  EXTEND,
  `${HOLD} To release it, set the tag to \`false\`.`,
  '- **Reset**: not while it is held.',
]
const HOW_TO = [
  '<details><summary>Extend, hold or reset it</summary>',
  '',
  EXTEND,
  HOLD,
  RESET,
  '',
  '</details>',
].join('\n')
const CONSOLE = `([AWS console](https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=${CLONE};is-cluster=true))`
const TIMELINE = [
  '<details><summary>Ready 30m after it was asked for</summary>',
  '',
  '| **Asked for** | 2026-11-21 08:30:00 UTC |',
  '|:--|:--|',
  '| **Ready** | 2026-11-21 09:00:00 UTC, 30m later |',
  '',
  '</details>',
].join('\n')
const LIFE =
  'Expires **2026-11-28 08:30 UTC**; every push extends this. Deleted earlier if the pull request is closed.'
const UNDELETED = 'Its deletion failed; the log of the run says why. The next run or sweep tries again.'
const FAILURE = new Failure({ title: 'Clone failed', what: 'It <b>failed</b>.', remedy: 'Look | again.' })

test('the marker is a comment that nobody sees', () => {
  expect(commentMarker('2deea4d997059a7e')).toBe('<!-- aurora-clone-action:v1 clone=2deea4d997059a7e -->')
})

describe('full', () => {
  test('ready', () => {
    expect(renderComment(aReport(), FULL)).toBe(
      [
        '### ✅ Database clone is ready',
        '',
        `| **Endpoint** | \`${HOST}\` |`,
        '|:--|:--|',
        '| **Port** | 5432 |',
        '| **Database** | `shop` |',
        '| **User** | `postgres` and every other login of the source, with the same password |',
        '| **Source** | `orders`, data as of 2026-11-21 08:30 UTC |',
        '| **Engine** | aurora-postgresql 16.6, not enrolled in Extended Support |',
        '| **Instance** | `db.serverless` |',
        '| **Storage** | Standard, encrypted with a KMS key |',
        `| **Cluster** | \`${CLONE}\` in eu-west-1 ${CONSOLE} |`,
        '',
        LIFE,
        '',
        HOW_TO,
        '',
        TIMELINE,
        '',
        FOOTER,
      ].join('\n'),
    )
  })

  test('creating: no endpoint to try, AWS’s own words instead', () => {
    const text = renderComment(
      aReport({
        state: 'creating',
        standing: 'cluster creating, writer creating',
        timeline: { asked: ASKED_MS },
      }),
      FULL,
    )
    expect(text).toContain('### ⏳ Database clone is being created')
    expect(text).toContain('| **Expires** | 2026-11-28 08:30 UTC |')
    expect(text).not.toContain('details')
    expect(text).toContain('| **State** | cluster creating, writer creating |')
    expect(text).not.toContain(HOST)
  })

  test('in quarantine, it is available to AWS alone', () => {
    expect(renderComment(aReport({ state: 'creating', isQuarantined: true }), FULL)).toContain(
      '| **State** | cluster available, writer available, in quarantine |',
    )
  })

  test.each([
    [1, '1 row by 1 statement in 1 file, 1 column masked and 1 kept, 1 login disabled, 1 check passed'],
    [2, '4 rows by 4 statements in 2 files, 2 columns masked and 2 kept, 2 logins disabled, 2 checks passed'],
  ])('what was sanitised, counted in words: %d of each', (count, says) => {
    const files = Array.from({ length: count }, (_, index) => ({
      name: `${index}.sql`,
      statements: count,
      rows: count,
    }))
    const logins = ['app', 'reporting'].slice(0, count)
    const columns = { masked: count, kept: count }
    const sanitising = { logins, automations: [], files, checks: count, columns }
    expect(renderComment(aReport({ sanitised: 'd1', sanitising }), FULL)).toContain(
      `| **Sanitised** | ${says}, digest \`d1\` |`,
    )
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
    expect(renderComment(clone, FULL)).toContain('Expires **&lt;soon&gt;**;')
    expect(renderComment(aReport({ expiresAt: '<soon>', state: 'creating' }), FULL)).toContain(
      '| **Expires** | &lt;soon&gt; |',
    )
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
    expect(text).toContain('It is kept while its tag `aurora-clone:hold` says so.')
    expect(text).not.toContain('**Extend**')
  })

  test('held, with its tag: it is there to be used, and says how long and how to change that', () => {
    const text = renderComment(aReport({ state: 'held', heldUntilMs: CHRISTMAS_EVE_MS }), FULL)
    const lines = text.split('\n')
    expect(lines[0]).toBe('### 🔒 Database clone is held')
    expect(lines).toContain(`| **Endpoint** | \`${HOST}\` |`)
    expect(lines).toContain(
      'It is held by its tag `aurora-clone:hold`: nothing deletes it before **2026-12-24 18:00 UTC**.',
    )
    expect(lines.filter((line) => line.startsWith('- **'))).toEqual(HELD_STEPS)
    expect(text).not.toMatch(/\*\*State\*\*|\*\*Expires\*\*|says so/)
  })

  test('undeleted: nothing to connect to, and who goes on', () => {
    const undeleted = { because: 'the run was cut off', isProtected: false }
    const text = renderComment(aReport({ state: 'undeleted', undeleted }), FULL)
    expect(text).toBe(
      [
        '### ⚠️ Database clone could not be deleted',
        '',
        `| **Cluster** | \`${CLONE}\` |`,
        '|:--|:--|',
        '| **Source** | `orders`, data as of 2026-11-21 08:30 UTC |',
        '',
        'Its deletion failed: the run was cut off. The next run or sweep tries again.',
        '',
        FOOTER,
      ].join('\n'),
    )
  })

  test('undeleted: why, as text, and what to do about a protection', () => {
    const said = (undeleted: Undeleted): string =>
      renderComment(aReport({ state: 'undeleted', undeleted }), FULL)
    const denied = said({ because: 'DeleteDBCluster failed: <b>AccessDenied</b>.', isProtected: false })
    expect(denied).toContain(
      'Its deletion failed: DeleteDBCluster failed: &lt;b&gt;AccessDenied&lt;/b&gt;. The next run or sweep tries again.',
    )
    expect(said({ because: 'deletion protection is on', isProtected: true })).toContain(
      `Its deletion failed: deletion protection is on. If it is not needed, switch that off: \`aws rds modify-db-cluster --db-cluster-identifier ${CLONE} --no-deletion-protection\`. The next run`,
    )
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
    expect(text).not.toContain('five to fifteen minutes')
  })

  test('the code in what to do is code', () => {
    const failure = new Failure({
      title: 'Clone failed',
      what: 'Not `this`.',
      remedy: 'Set `a: b`, not `<b>`.',
    })
    const lines = renderComment(aReport({ state: 'creating' }), FULL, failure).split('\n')
    expect(lines).toContain('**Clone failed.** Not \\`this\\`.')
    expect(lines).toContain('**What to do:** Set `a: b`, not \\`&lt;b&gt;\\`.')
  })

  const OF_KEY = { pullRequest: undefined, key: 'nightly' } as const
  test.each<[string, ReportOverrides, string]>([
    ['a pull request’s', {}, LIFE],
    [
      'one that a label asked for',
      { hasLabel: true },
      'Expires **2026-11-28 08:30 UTC**; every push extends this. Deleted earlier if the pull request is closed or loses the label.',
    ],
    [
      'one of nobody’s pull request',
      OF_KEY,
      'Expires **2026-11-28 08:30 UTC**; every `create` extends this.',
    ],
    ['without a time', { expiresAt: undefined }, 'It is deleted if the pull request is closed.'],
    [
      'held',
      { heldUntilMs: Infinity },
      'It is held by its tag `aurora-clone:hold`: nothing deletes it until the tag is changed.',
    ],
    [
      'held until a time',
      { heldUntilMs: CHRISTMAS_EVE_MS },
      'It is held by its tag `aurora-clone:hold`: nothing deletes it before **2026-12-24 18:00 UTC**.',
    ],
  ])('%s: says how long it lives', (_, overrides, says) => {
    expect(renderComment(aReport(overrides), FULL)).toContain(`\n${says}\n`)
  })

  test('one that takes the place of another: says which one is in use until then', () => {
    const former = { identifier: 'clone-former', endpoint: 'former.example.com' }
    const text = renderComment(aReport({ state: 'creating', former }), FULL)
    expect(text).toContain('### ⏳ Fresh database clone is being created\n')
    expect(text).toContain('| **Until then** | `former.example.com` |')
    const minimal = renderComment(aReport({ state: 'creating', former }), MINIMAL)
    expect(minimal).not.toContain('former')
  })

  test('one that could not be reset: says why, to whoever may read it', () => {
    const clone = aReport({ resetProblem: 'there are <b>14</b> clones' })
    expect(renderComment(clone, FULL)).toContain('**Not reset.** there are &lt;b&gt;14&lt;/b&gt; clones')
    expect(renderComment(clone, MINIMAL)).toContain('**Not reset.** The log of the run says why.')
  })

  test.each<[string, ReportOverrides, readonly string[]]>([
    ['a pull request’s', {}, [EXTEND, HOLD, RESET]],
    ['one with a reset label', { resetLabel: 'fresh-data' }, [EXTEND, HOLD, RESET_BY_LABEL]],
    [
      'one of nobody’s pull request',
      OF_KEY,
      ['- **Extend**: run the workflow again. It is then kept for at least its `ttl`.', HOLD, RESET],
    ],
    ['held', { heldUntilMs: Infinity }, HELD_STEPS],
    ['held, with a reset label', { heldUntilMs: Infinity, resetLabel: 'fresh-data' }, HELD_STEPS],
  ])('%s: says how to change that', (_, overrides, steps) => {
    const lines = renderComment(aReport(overrides), FULL).split('\n')
    expect(lines.filter((line) => line.startsWith('- **'))).toEqual(steps)
  })

  test.each<[CloneState, RemovalReason | undefined, string | undefined]>([
    ['deleting', 'pull-request-closed', 'The pull request is closed. AWS finishes the deletion by itself.'],
    [
      'deleting',
      'expired',
      'It expired. The next push makes a new one, if the pull request still asks for it. AWS finishes the deletion by itself.',
    ],
    ['deleting', undefined, 'AWS finishes the deletion by itself.'],
    ['destroyed', 'label-missing', 'The pull request lost the label. Add it again for a new clone.'],
    [
      'destroyed',
      'expired',
      'It expired. The next push makes a new one, if the pull request still asks for it.',
    ],
    ['destroyed', undefined, undefined],
  ])('%s because of %s', (state, removalReason, says) => {
    const lines = renderComment(aReport({ state, removalReason }), FULL).split('\n')
    expect(lines.slice(lines.findIndex((line) => line.startsWith('| **Source')) + 1)).toEqual([
      '',
      ...(says === undefined ? [] : [says, '']),
      FOOTER,
    ])
  })

  describe('how it came about', () => {
    const MADE = {
      asked: ASKED_MS,
      restored: ASKED_MS + 73_000,
      writer: ASKED_MS + 326_000,
      credentials: ASKED_MS + 340_000,
      prepared: ASKED_MS + 400_000,
      ready: ASKED_MS + 401_000,
    }
    const shown = (overrides: ReportOverrides) =>
      renderComment(aReport(overrides), FULL)
        .split('\n')
        .filter((line) => /^<details><summary>(?!Extend)|UTC(?:, \w+ later)? \|$/.test(line))
        .filter((line) => !/Source|Expires/.test(line))

    test('each step, and how long after the one before', () => {
      expect(shown({ timeline: MADE, sanitised: 'd1' })).toEqual([
        '<details><summary>Ready 6m41s after it was asked for</summary>',
        '| **Asked for** | 2026-11-21 08:30:00 UTC |',
        '| **Cluster restored** | 2026-11-21 08:31:13 UTC, 1m13s later |',
        '| **Writer available** | 2026-11-21 08:35:26 UTC, 4m13s later |',
        '| **Own password works** | 2026-11-21 08:35:40 UTC, 14s later |',
        '| **Sanitised** | 2026-11-21 08:36:40 UTC, 1m later |',
        '| **Ready** | 2026-11-21 08:36:41 UTC, 1s later |',
      ])
    })

    test('a clone that was prepared otherwise was not sanitised', () => {
      expect(shown({ timeline: MADE })).toContain('| **Prepared** | 2026-11-21 08:36:40 UTC, 1m later |')
    })

    test('a run that knows less shows less', () => {
      const { asked, writer } = MADE
      expect(shown({ state: 'creating', timeline: { asked, writer } })).toEqual([
        '<details><summary>What has been done so far</summary>',
        '| **Asked for** | 2026-11-21 08:30:00 UTC |',
        '| **Writer available** | 2026-11-21 08:35:26 UTC, 5m26s later |',
      ])
      expect(shown({ timeline: { asked } })).toEqual([])
    })

    test.each<CloneState>(['deleting', 'undeleted', 'destroyed', 'failed'])('%s: nothing of it', (state) => {
      expect(shown({ state, timeline: MADE })).toEqual([])
    })
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
    ['undeleted', '### ⚠️ Database clone could not be deleted'],
  ])('%s', (state, headline) => {
    const text = renderComment(aReport({ state }), MINIMAL)
    expect(text.split('\n')[0]).toBe(headline)
    expect(text).toContain(`](${RUN})</sub>`)
    expect(text).not.toMatch(/amazonaws|postgres|shop-|orders|16\.6|eu-west-1/)
  })

  test('of a clone that could not be deleted not why: AWS’s words name it', () => {
    const undeleted = { because: `${CLONE} is protected`, isProtected: true }
    const text = renderComment(aReport({ state: 'undeleted', undeleted }), MINIMAL)
    expect(text).toContain(UNDELETED)
    expect(text).not.toContain(CLONE)
  })

  test('of a failure its title, which is ours, and neither what nor where', () => {
    const text = renderComment(aReport({ state: 'creating' }), MINIMAL, FAILURE)
    expect(text).toBe(['### ❌ Database clone is not ready', '', '**Clone failed.**', '', FOOTER].join('\n'))
  })
})

test.each(SKIP_REASONS)('%s is said in a sentence', (reason) => {
  expect(skipSentence(reason)).toMatch(/^[A-Z].*\.$/)
})

describe('renderSummary', () => {
  const page = { clone: undefined, failure: undefined, elapsedMs: 5_000, details: 'full' } as const
  const CREATING = aReport({ state: 'creating', standing: 'cluster creating, writer creating' })
  const ready = (overrides: ReportOverrides = {}): Outcome => ({
    outcome: 'ready',
    clone: aReport(overrides),
    created: true,
    envPrefix: undefined,
  })
  const TIMED_OUT = new Failure({
    title: 'Timed out',
    what: 'Not ready.',
    remedy: 'Set `wait-timeout: 60m`.',
  })
  const NOT_LOST = 'It is not lost: the next `create` continues with it, and `destroy` removes it.'

  test('ready: everything, for whoever may see the run', () => {
    const text = renderSummary({ ...page, outcome: ready() })
    expect(text.split('\n')[0]).toBe('### ✅ Database clone is ready')
    expect(text).toContain(`| **Endpoint** | \`${HOST}\` |`)
    expect(text).toContain(`\n${LIFE}\n\n${HOW_TO}\n\n${TIMELINE}\n`)
    expect(text).toMatch(/<sub>The step took 5(?:\.0)?\s?s\.<\/sub>\n$/)
  })

  describe('minimal: what everybody may read', () => {
    const minimal = { ...page, details: 'minimal' } as const
    const TOLD = /\|\s*\*\*|amazonaws|postgres|shop-|orders|16\.6|eu-west-1/

    test.each<[CloneState, string]>([
      ['ready', ['### ✅ Database clone is ready', LIFE, HOW_TO].join('\n\n')],
      [
        'creating',
        '### ⏳ Database clone is being created\n\nThis usually takes five to fifteen minutes, and up to an hour with `restore-to-time`.',
      ],
      ['failed', '### ❌ Database clone has failed'],
      ['deleting', '### 🗑️ Database clone is being deleted\n\nAWS finishes the deletion by itself.'],
      ['destroyed', '### 🗑️ Database clone is gone'],
      ['held', '### 🔒 Database clone is held\n\nIt is kept while its tag `aurora-clone:hold` says so.'],
      ['undeleted', `### ⚠️ Database clone could not be deleted\n\n${UNDELETED}`],
    ])('%s', (state, expected) => {
      const text = renderSummary({ ...minimal, outcome: undefined, clone: aReport({ state }) })
      expect(text).toBe(`${expected}\n\n<sub>The step took 5.0s.</sub>\n`)
    })

    test('a failure beside a clone that is on its way: no table of the clone', () => {
      const text = renderSummary({ ...minimal, outcome: undefined, failure: TIMED_OUT, clone: CREATING })
      expect(text).toContain('### ❌ Timed out')
      expect(text).toContain(NOT_LOST)
      expect(text).not.toMatch(TOLD)
    })

    test('a clone that is ready, of a run that failed without outputs: they do not have its endpoint', () => {
      const text = renderSummary({ ...minimal, outcome: undefined, failure: FAILURE, clone: aReport() })
      expect(text).toContain('### ✅ Database clone is ready')
      expect(text).not.toContain('outputs of the step')
    })

    test('a failure beside a clone that is ready', () => {
      const text = renderSummary({ ...minimal, outcome: ready(), failure: FAILURE })
      expect(text).toContain('### ❌ Clone failed')
      expect(text).toContain('### ✅ Database clone is ready\n\nIts endpoint is in the outputs of the step.')
      expect(text).not.toMatch(TOLD)
    })
  })

  test('full: the endpoint stands there, and nothing points elsewhere', () => {
    const text = renderSummary({ ...page, outcome: ready() })
    expect(text).not.toContain('outputs of the step')
  })

  test('a named clone', () => {
    const text = renderSummary({
      ...page,
      outcome: ready({ name: 'billing' }),
    })
    expect(text.split('\n')[0]).toBe('### ✅ Database clone is ready (`billing`)')
  })

  test('creating', () => {
    const text = renderSummary({
      ...page,
      outcome: { outcome: 'creating', clone: CREATING, created: true, envPrefix: undefined },
    })
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

  test('removals for a reason that nobody asked for: said above their table', () => {
    const removals: readonly Removal[] = [{ clone: aReport(), result: 'deleting', because: undefined }]
    const outcome = { outcome: 'deleting', skipReason: 'pull-request-closed', removals } as const
    expect(renderSummary({ ...page, outcome })).toMatch(
      /^### 🗑️ Destroy\n\nThe pull request is closed, so it gets no clone\.\n\n\| Clone /,
    )
  })

  test.each<[Removal['result'], 'held' | 'pull-request-open', string]>([
    ['held', 'held', 'The clones are held by their tag `aurora-clone:hold`, so they were kept.'],
    ['kept', 'pull-request-open', 'The pull request asks for its clones again, so they were kept.'],
  ])('skipped, with several that are %s', (result, skipReason, says) => {
    const one: Removal = { clone: aReport(), result, because: 'its tag' }
    const another = { ...one, clone: aReport({ identifier: 'clone-b' }) }
    const outcome = { outcome: 'skipped', skipReason, removals: [one, another] } as const
    expect(renderSummary({ ...page, outcome })).toContain(`### ⏭️ Skipped\n\n${says}\n`)
    const mixed = { ...outcome, removals: [one, { ...another, result: 'cancelled' }] } as const
    expect(renderSummary({ ...page, outcome: mixed })).toContain(`\n\n${skipSentence(skipReason)}\n`)
  })

  test('skipped, with what was kept: the reason once', () => {
    const removals: readonly Removal[] = [{ clone: aReport(), result: 'held', because: 'its tag' }]
    const text = renderSummary({ ...page, outcome: { outcome: 'skipped', skipReason: 'held', removals } })
    expect(text).toMatch(/^### ⏭️ Skipped\n\nThe clone is held by [^\n]+\n\n### 🗑️ Destroy\n\n\| Clone /)
  })

  test('absent, with the reason', () => {
    const outcome = { outcome: 'absent', skipReason: 'pull-request-closed' } as const
    expect(renderSummary({ ...page, outcome })).toMatch(
      /^### 🗑️ Nothing to destroy\n\nThe pull request is closed, so it gets no clone\.\n\n<sub>/,
    )
  })

  test('absent, and the comment of an earlier run was put right: one heading, with its name', () => {
    const clone = aReport({ state: 'destroyed', name: 'billing' })
    expect(renderSummary({ ...page, outcome: { outcome: 'absent' }, clone })).toMatch(
      /^### 🗑️ Nothing to destroy \(`billing`\)\n\nThere is no clone for it\.\n\n<sub>/,
    )
  })

  describe('a sweep', () => {
    const sweep: SweepReport = { scope: 'repository', dryRun: true, isStopped: false, rows: [] }

    test('its table, and no single clone', () => {
      const text = renderSummary({ ...page, clone: CREATING, outcome: { outcome: 'swept', sweep } })
      expect(text).toMatch(
        /^### 🧹 Sweep \(dry run\)\n\nThere are no clones of this repository\.\n\n<sub>The step took /,
      )
    })

    test('with its failure first', () => {
      const text = renderSummary({ ...page, outcome: { outcome: 'swept', sweep }, failure: FAILURE })
      expect(text).toMatch(/^### ❌ Clone failed\n[^]+### 🧹 Sweep/)
    })
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
    expect(text).toContain('#### State of the clone')
    expect(text).toContain('| **State** | cluster creating, writer creating |')
    expect(text).not.toContain(HOST)
  })

  test('the code in what to do is code', () => {
    const text = renderSummary({ ...page, outcome: undefined, failure: TIMED_OUT })
    expect(text).toContain('\n**What to do:** Set `wait-timeout: 60m`.\n')
  })

  test.each<[FailureTitle, boolean]>([
    ['Timed out', true],
    ['Cancelled', true],
    ['Expired AWS credentials', true],
    ['AWS not reachable', true],
    ['AWS throttled the calls', true],
    ['Missing IAM permission', true],
    ['Quota exceeded', true],
    ['No capacity', true],
    ['Pull request cannot be read', true],
    ['Unexpected error', true],
    ['Clone of another source', false],
    ['Cluster not owned', false],
    ['Invalid input', false],
    // With a corrected input the clone may be made anew.
    ['AWS rejected the request', false],
    ['Instance class not available', false],
    ['Clone failed', false],
    ['Clone is protected', false],
    ['Fork refused', false],
    ['Label unknown', false],
    ['Parameter group rejected', false],
  ])('after “%s”, that the clone is not lost: %s', (title, isSaid) => {
    const failure = new Failure({ title, what: 'So it is.', remedy: 'Look.' })
    for (const details of ['full', 'minimal'] as const) {
      const text = renderSummary({ ...page, details, outcome: undefined, failure, clone: CREATING })
      expect(text.includes(NOT_LOST)).toBe(isSaid)
      expect(text.includes('#### State of the clone')).toBe(details === 'full')
    }
  })

  test('a failure beside a clone that is ready', () => {
    const text = renderSummary({ ...page, outcome: ready(), failure: FAILURE })
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

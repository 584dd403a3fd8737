import { describe, expect, test } from '@jest/globals'
import { OUTPUTS, type OutputName } from '../../src/contract.ts'
import type { CloneDetails, CloneName, Outcome } from '../../src/outcome.ts'
import { renderEnvironment, renderOutputs } from '../../src/report/outputs.ts'
import { CLONE, CLONE_ARN, type ReportOverrides, WRITER, aReport } from '../factories.ts'

const NO_EXTRA = { commentUrl: undefined, reportFile: undefined }

function aReadyOutcome(overrides: ReportOverrides = {}): Outcome {
  return { outcome: 'ready', clone: aReport(overrides), created: true, envPrefix: undefined }
}

test('a ready clone', () => {
  const { values, withheld } = renderOutputs(
    aReadyOutcome({ secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-a' }),
    {
      commentUrl: 'https://github.com/acme/shop/pull/42#issuecomment-7',
      reportFile: '/home/runner/work/_temp/report.json',
    },
  )
  expect(withheld).toEqual([])
  expect(values).toEqual({
    outcome: 'ready',
    'skip-reason': '',
    'cluster-identifier': 'clone-pr-42-shop-2deea4d997059a7e',
    'cluster-arn': 'arn:aws:rds:eu-west-1:123456789012:cluster:clone-pr-42-shop-2deea4d997059a7e',
    'cluster-resource-id': 'cluster-CLONE1',
    'instance-identifier': 'clone-pr-42-shop-2deea4d997059a7e-1',
    region: 'eu-west-1',
    endpoint: 'clone-pr-42-shop-2deea4d997059a7e.cluster-abc.eu-west-1.rds.amazonaws.com',
    'reader-endpoint': 'clone-pr-42-shop-2deea4d997059a7e.cluster-ro-abc.eu-west-1.rds.amazonaws.com',
    port: '5432',
    engine: 'aurora-postgresql',
    'engine-version': '16.6',
    'database-name': 'shop',
    'master-username': 'postgres',
    'secret-arn': 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-a',
    created: 'true',
    'expires-at': '2026-11-28T08:30:00.000Z',
    'data-as-of': '2026-11-21T08:30:00.000Z',
    'comment-url': 'https://github.com/acme/shop/pull/42#issuecomment-7',
    'report-file': '/home/runner/work/_temp/report.json',
  })
})

test('nothing to say: every output is set all the same', () => {
  const { values, withheld } = renderOutputs({ outcome: 'skipped', skipReason: 'label-missing' }, NO_EXTRA)
  expect(withheld).toEqual([])
  expect(Object.keys(values).sort()).toEqual(Object.keys(OUTPUTS).sort())
  expect(Object.entries(values).filter(([, value]) => value !== '')).toEqual([
    ['outcome', 'skipped'],
    ['skip-reason', 'label-missing'],
    ['created', 'false'],
  ])
})

test.each<[string, Outcome]>([
  ['the run failed, its clone is ready', { outcome: undefined, clone: aReport() }],
  ['the run failed, its clone is on its way', { outcome: undefined, clone: aReport({ state: 'creating' }) }],
  ['it is being deleted', { outcome: 'deleting', clone: aReport({ state: 'deleting' }) }],
  ['it could not be deleted', { outcome: undefined, clone: aReport({ state: 'undeleted' }) }],
  ['it is held', { outcome: 'skipped', skipReason: 'held', clone: aReport({ state: 'held' }) }],
  ['it has failed', { outcome: undefined, clone: aReport({ state: 'failed' }) }],
])('the name alone, and nothing to connect to: %s', (_, outcome) => {
  const { values, withheld } = renderOutputs(outcome, NO_EXTRA)
  const { outcome: word, 'skip-reason': why, created, ...rest } = values
  expect({ word, why, created }).toEqual({
    word: outcome.outcome ?? '',
    why: 'skipReason' in outcome ? outcome.skipReason : '',
    created: 'false',
  })
  expect(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''))).toEqual({
    'cluster-identifier': CLONE,
    'cluster-arn': CLONE_ARN,
    'cluster-resource-id': 'cluster-CLONE1',
    'instance-identifier': WRITER,
    region: 'eu-west-1',
    engine: 'aurora-postgresql',
    'engine-version': '16.6',
  })
  expect(withheld).toEqual([])
})

test('a sweep: what became of each clone is in the report alone, and no comment stands for all', () => {
  const sweep = { scope: 'repository', dryRun: true, isStopped: false, rows: [] } as const
  const commentUrl = 'https://github.com/acme/shop/pull/42#issuecomment-7'
  const { values } = renderOutputs({ outcome: 'swept', sweep }, { commentUrl, reportFile: '/tmp/r.json' })
  expect(Object.entries(values).filter(([, value]) => value !== '')).toEqual([
    ['outcome', 'swept'],
    ['created', 'false'],
    ['report-file', '/tmp/r.json'],
  ])
})

describe('what a shell could take for more than text is withheld', () => {
  const ODD = [
    '$(id)',
    '`id`',
    'a;b',
    'a|b',
    'a&b',
    'a b',
    "a'b",
    'a"b',
    'a\nb',
    'a\\b',
    'a>b',
    'a*b',
    '{a,b}',
    '~',
  ]
  const fields: readonly (readonly [
    OutputName,
    keyof CloneName | Exclude<keyof CloneDetails, 'capacity' | 'pausing'>,
  ])[] = [
    ['cluster-identifier', 'identifier'],
    ['cluster-arn', 'arn'],
    ['cluster-resource-id', 'resourceId'],
    ['instance-identifier', 'instanceIdentifier'],
    ['region', 'region'],
    ['endpoint', 'endpoint'],
    ['reader-endpoint', 'readerEndpoint'],
    ['engine', 'engine'],
    ['engine-version', 'engineVersion'],
    ['database-name', 'databaseName'],
    ['master-username', 'masterUsername'],
    ['secret-arn', 'secretArn'],
    ['expires-at', 'expiresAt'],
    ['data-as-of', 'dataAsOf'],
  ]
  test.each(fields)('%s', (output, field) => {
    const { [field]: value = '' } = aReport({ secretArn: 'arn:aws:secretsmanager:x' })
    const fine = typeof value === 'object' ? '' : String(value)
    for (const odd of ODD) {
      for (const given of [odd, `${fine}${odd}`, `${odd}${fine}`]) {
        const { values, withheld } = renderOutputs(aReadyOutcome({ [field]: given }), NO_EXTRA)
        expect([given, values[output], withheld]).toEqual([given, '', [output]])
      }
    }
  })

  test('the rest is given', () => {
    const { values } = renderOutputs(aReadyOutcome({ databaseName: 'drop table' }), NO_EXTRA)
    expect(values['cluster-identifier']).toBe(CLONE)
  })

  test.each<['comment-url' | 'report-file', object]>([
    ['comment-url', { ...NO_EXTRA, commentUrl: 'javascript:alert(1)' }],
    ['report-file', { ...NO_EXTRA, reportFile: '/tmp/$(id).json' }],
  ])('%s', (output, extra) => {
    expect(renderOutputs(aReadyOutcome(), { ...NO_EXTRA, ...extra }).withheld).toEqual([output])
  })
})

describe('renderEnvironment', () => {
  const rendered = renderOutputs(aReadyOutcome({ databaseName: undefined }), NO_EXTRA)

  test.each([
    ['PG', ['PGHOST', 'PGPORT', 'PGUSER']],
    ['DB_', ['DB_HOST', 'DB_PORT', 'DB_USER']],
  ])('%s: only what there is', (prefix, names) => {
    expect(renderEnvironment(prefix, rendered).map(([name]) => name)).toEqual(names)
  })

  test('the values are those of the outputs', () => {
    const all = renderOutputs(aReadyOutcome(), NO_EXTRA)
    expect(Object.fromEntries(renderEnvironment('PG', all))).toEqual({
      PGHOST: 'clone-pr-42-shop-2deea4d997059a7e.cluster-abc.eu-west-1.rds.amazonaws.com',
      PGPORT: '5432',
      PGDATABASE: 'shop',
      PGUSER: 'postgres',
    })
  })

  test('what was withheld is not exported', () => {
    const odd = renderOutputs(aReadyOutcome({ masterUsername: '$(id)' }), NO_EXTRA)
    expect(renderEnvironment('PG', odd).map(([name]) => name)).toEqual(['PGHOST', 'PGPORT', 'PGDATABASE'])
  })
})

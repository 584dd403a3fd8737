import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { OUTPUTS } from '../../src/contract.ts'
import type { Outcome } from '../../src/outcome.ts'
import { renderReport, writeReport } from '../../src/report/report-file.ts'
import { CLONE, aReport } from '../factories.ts'

const NAMED = aReport({
  identifier: 'clone-nightly',
  key: 'nightly',
  name: 'billing',
  pullRequest: undefined,
})

function jsonOf(outcome: Outcome): unknown {
  const text = renderReport(outcome) ?? ''
  expect(text.endsWith('}\n')).toBe(true)
  return JSON.parse(text)
}

describe('renderReport', () => {
  test('of destroy', () => {
    const removals = [
      { clone: aReport(), result: 'deleting', because: undefined },
      { clone: NAMED, result: 'failed', because: 'no' },
    ] as const
    expect(jsonOf({ outcome: 'deleting', removals })).toEqual({
      outcome: 'deleting',
      clones: [
        {
          'cluster-identifier': CLONE,
          region: 'eu-west-1',
          key: 'pr-42',
          'clone-name': null,
          result: 'deleting',
          because: null,
        },
        {
          'cluster-identifier': 'clone-nightly',
          region: 'eu-west-1',
          key: 'nightly',
          'clone-name': 'billing',
          result: 'failed',
          because: 'no',
        },
      ],
    })
  })

  test('of sweep', () => {
    const [kept, gone] = [
      {
        clone: aReport({ expiresAt: undefined, instanceClass: undefined }),
        action: 'keep',
        reason: 'time-unknown',
      },
      { clone: NAMED, action: 'delete', reason: 'expired', detail: 'no', result: 'failed' },
    ] as const
    const rows = [
      {
        ...kept,
        repository: undefined,
        generation: '',
        ageMs: undefined,
        detail: undefined,
        result: undefined,
      },
      { ...gone, repository: 'acme/shop', generation: '20261120', ageMs: 5_999 },
    ]
    expect(
      jsonOf({ outcome: 'swept', sweep: { scope: 'account', dryRun: true, isStopped: true, rows } }),
    ).toEqual({
      outcome: 'swept',
      scope: 'account',
      'dry-run': true,
      stopped: true,
      clones: [
        {
          'cluster-identifier': CLONE,
          region: 'eu-west-1',
          key: 'pr-42',
          'clone-name': null,
          generation: null,
          repository: null,
          'age-seconds': null,
          'expires-at': null,
          'instance-class': null,
          action: 'keep',
          reason: 'time-unknown',
          because: null,
          result: null,
        },
        {
          'cluster-identifier': 'clone-nightly',
          region: 'eu-west-1',
          key: 'nightly',
          'clone-name': 'billing',
          generation: '20261120',
          repository: 'acme/shop',
          'age-seconds': 5,
          'expires-at': '2026-11-28T08:30:00.000Z',
          'instance-class': 'db.serverless',
          action: 'delete',
          reason: 'expired',
          because: 'no',
          result: 'failed',
        },
      ],
    })
  })

  test('of a sweep that found nothing', () => {
    const sweep = { scope: 'repository', dryRun: false, isStopped: false, rows: [] } as const
    expect(jsonOf({ outcome: 'swept', sweep })).toMatchObject({
      'dry-run': false,
      stopped: false,
      clones: [],
    })
  })

  test('nothing of the kind: none', () => {
    expect(
      renderReport({ outcome: 'ready', clone: aReport(), created: true, envPrefix: undefined }),
    ).toBeUndefined()
  })
})

describe('writeReport', () => {
  test('writes a file of its own, whose name the output can carry', () => {
    const directory = mkdtempSync(join(tmpdir(), 'report-'))
    try {
      const [one, other] = [writeReport('{}\n', directory), writeReport('[]\n', directory)]
      expect([readFileSync(one, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['{}\n', '[]\n'])
      expect(one).toMatch(OUTPUTS['report-file'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('where there is no such directory: thrown', () => {
    expect(() => writeReport('{}\n', join(tmpdir(), 'not', 'there'))).toThrow('ENOENT')
  })
})

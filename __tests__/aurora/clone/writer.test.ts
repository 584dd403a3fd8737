import { describe, expect, test } from '@jest/globals'
import { isUp, standing, writerOf } from '../../../src/aurora/clone/writer.ts'
import { AVAILABLE_MEMBER, CLONE, WRITER, aCluster, anInstance } from '../../factories.ts'

describe('writerOf', () => {
  const reader = anInstance({ identifier: 'clone-reader' })
  const writer = anInstance()
  test.each([
    [
      'the one that the cluster names',
      aCluster({ members: [{ ...AVAILABLE_MEMBER, identifier: 'clone-reader' }] }),
      [writer, reader],
      'clone-reader',
    ],
    ['before the cluster names one: ours', aCluster({ members: [] }), [reader, writer], WRITER],
    ['neither: the only one', aCluster({ members: [] }), [reader], 'clone-reader'],
    ['nobody', aCluster(), [], undefined],
    [
      'one that only reads is not named',
      aCluster({ members: [{ ...AVAILABLE_MEMBER, identifier: 'clone-reader', isWriter: false }] }),
      [reader, writer],
      WRITER,
    ],
  ])('%s', (_, cluster, instances, identifier) => {
    expect(writerOf(cluster, instances)?.identifier).toBe(identifier)
  })
})

describe('standing', () => {
  test('names both in AWS’s own words', () => {
    expect(
      standing(aCluster({ identifier: CLONE, status: 'creating' }), anInstance({ status: 'rebooting' })),
    ).toBe('cluster creating, writer rebooting')
  })

  test('says that there is no writer yet', () => {
    expect(standing(aCluster(), undefined)).toBe('cluster available, writer not there yet')
  })
})

describe('isUp', () => {
  test.each([
    ['both available', 'available', anInstance(), true],
    ['the cluster is being made', 'creating', anInstance(), false],
    ['the cluster is stopped', 'stopped', anInstance(), false],
    ['the writer is being made', 'available', anInstance({ status: 'creating' }), false],
    ['there is no writer', 'available', undefined, false],
  ])('%s', (_, status, writer, expected) => {
    expect(isUp(aCluster({ status }), writer)).toBe(expected)
  })
})

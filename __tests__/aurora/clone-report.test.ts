import { expect, test } from '@jest/globals'
import { reportClone } from '../../src/aurora/clone-report.ts'
import { aCluster, aReport, anInstance, someTags } from '../factories.ts'

test('what users are told of a ready clone', () => {
  expect(
    reportClone({ cluster: aCluster(), writer: anInstance(), state: 'ready', region: 'eu-west-1' }),
  ).toEqual(aReport())
})

test('before there is a writer, the one that will be', () => {
  const cluster = aCluster({ status: 'creating' })
  expect(reportClone({ cluster, writer: undefined, state: 'creating', region: 'eu-west-1' })).toMatchObject({
    state: 'creating',
    standing: 'cluster creating, writer not there yet',
    instanceIdentifier: 'clone-pr-42-shop-551c8f4a-1',
  })
})

test('a writer of another name', () => {
  const writer = anInstance({ identifier: 'promoted-reader' })
  expect(
    reportClone({ cluster: aCluster(), writer, state: 'ready', region: 'eu-west-1' }).instanceIdentifier,
  ).toBe('promoted-reader')
})

test('a named clone', () => {
  const cluster = aCluster({ tags: someTags({ 'aurora-clone:name': 'billing' }) })
  expect(reportClone({ cluster, writer: undefined, state: 'ready', region: 'eu-west-1' })).toMatchObject({
    name: 'billing',
    identityHash: 'ca0945a1',
  })
})

test.each([undefined, {}])('of a cluster with tags %j nobody has a comment', (tags) => {
  expect(
    reportClone({ cluster: aCluster({ tags }), writer: undefined, state: 'failed', region: 'eu-west-1' }),
  ).toMatchObject({
    identityHash: '',
    name: '',
    source: undefined,
    expiresAt: undefined,
    dataAsOf: undefined,
  })
})

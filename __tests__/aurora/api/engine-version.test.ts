import { expect, test } from '@jest/globals'
import { pausesAutomatically } from '../../../src/aurora/api/engine-version.ts'

// Aurora user guide, aurora-serverless-v2-auto-pause.
test.each([
  ['aurora-postgresql', '12.99', false],
  ['aurora-postgresql', '13.14', false],
  ['aurora-postgresql', '13.15', true],
  ['aurora-postgresql', '13.9', false],
  ['aurora-postgresql', '14.11', false],
  ['aurora-postgresql', '14.12', true],
  ['aurora-postgresql', '15.6', false],
  ['aurora-postgresql', '15.7', true],
  ['aurora-postgresql', '15.10', true],
  ['aurora-postgresql', '16.2', false],
  ['aurora-postgresql', '16.3', true],
  ['aurora-postgresql', '16.6', true],
  ['aurora-postgresql', '17.4', true],
  ['aurora-postgresql', '17', true],
  ['aurora-postgresql', '18.1', true],
  ['aurora-postgresql', '18.3', true],
  ['aurora-postgresql', '16', false],
  ['aurora-postgresql', '16.4-limitless', false],
  ['aurora-postgresql', '', false],
  ['aurora-postgresql', 'next', false],
  ['aurora-mysql', '8.0.mysql_aurora.3.07.1', false],
  ['aurora-mysql', '8.0.mysql_aurora.3.08.0', true],
  ['aurora-mysql', '8.0.mysql_aurora.3.10.0', true],
  ['aurora-mysql', '8.4.mysql_aurora.4.00.0', true],
  ['aurora-mysql', '5.7.mysql_aurora.2.11.2', false],
  ['aurora-mysql', '8.0.39', false],
  ['aurora-mysql', '', false],
  ['neptune', '1.4.0.0', false],
  ['', '17.4', false],
])('%s %s pauses: %s', (engine, version, expected) => {
  expect(pausesAutomatically(engine, version)).toBe(expected)
})

import { expect, test } from '@jest/globals'
import { shapeDigest } from '../../src/aurora/clone/shape.ts'
import type { CreateInputs } from '../../src/inputs.ts'
import { chooseCourse } from '../../src/modes/choose-course.ts'
import { NOW_MS, aShape, aSource, anOwnedClone } from '../factories.ts'
import { OPEN, aContext, aWorld } from '../world.ts'
import { createInputs } from './create-inputs.ts'

const SHAPE = aShape({ isPrepared: true })
const SANITISING: CreateInputs['sanitising'] = {
  files: {
    'sanitize-sql': [{ text: 'db/mask.sql', alternatives: [] }],
    'column-decisions': [],
    'verify-sql': [],
  },
  disablesLogins: true,
  keepLogins: [],
  database: undefined,
  isBySteps: false,
}

test.each([
  ['with a backtrack window, another digest of its files is another clone', 3_600, 1],
  ['without one it cannot go back anyway, so no file is read for that', undefined, 0],
])('a reset of a clean clone: %s', async (_, backtrackWindowSeconds, readings) => {
  let read = 0
  const run = aContext(aWorld(), {
    readFiles: () => {
      read += 1
      return Promise.reject(new Error('not usable'))
    },
  })
  const former = anOwnedClone(
    {},
    {
      'aurora-clone:shape': shapeDigest(SHAPE),
      'aurora-clone:sanitised': 'clean-0a1b2c3d',
      'aurora-clone:ready-at': '2026-11-20T10:00:00.000Z',
    },
    { engine: 'aurora-mysql', backtrackWindowSeconds },
  )
  const clusters = [aSource({ engine: 'aurora-mysql' }), former.cluster]
  const state = { atMs: NOW_MS, clusters, reading: OPEN }
  const inputs = createInputs({ shape: SHAPE, sanitising: SANITISING })
  const chosen = chooseCourse(run, inputs, { state, asked: { run: '2' }, clones: [former] })
  if (readings === 0) expect(await chosen).toMatchObject({ kind: 'refresh', former })
  else await expect(chosen).rejects.toThrow('not usable')
  expect(read).toBe(readings)
})

import { expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  type PreparationMemory,
  FRESH_PREPARATION,
  planPreparation,
} from '../../../src/aurora/prepare/plan.ts'
import { MINUTE, NOW_MS, aCluster } from '../../factories.ts'

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf'
const MANAGED: Partial<ClusterSnapshot> = { secretArn: SECRET, secretStatus: 'active' }
const SWITCHED_ON = { changedAtMs: { 'enable-data-api': NOW_MS - MINUTE } }
const OPEN: Partial<ClusterSnapshot> = { ...MANAGED, hasDataApi: true }

test.each<[string, Partial<ClusterSnapshot>, Partial<PreparationMemory>, string, string?]>([
  ['nothing was done', {}, {}, 'manage-password'],
  ['the cluster is busy', { status: 'modifying' }, {}, 'wait', 'cluster modifying'],
  [
    'AWS hides the secret',
    {},
    { changedAtMs: { 'manage-password': NOW_MS - MINUTE } },
    'wait',
    'AWS to show the secret',
  ],
  ['AWS has lost it', {}, { changedAtMs: { 'manage-password': NOW_MS - 3 * MINUTE } }, 'manage-password'],
  ['the Data API is off', MANAGED, {}, 'enable-data-api'],
  [
    'and the cluster is busy',
    { ...MANAGED, status: 'resetting-master-credentials' },
    {},
    'wait',
    'cluster resetting',
  ],
  ['AWS hides the Data API', MANAGED, { changedAtMs: { 'enable-data-api': NOW_MS } }, 'wait', 'the Data API'],
  ['the secret is being made', { ...OPEN, secretStatus: 'creating' }, {}, 'wait', 'AWS to make the secret'],
  ['an interrupted run did all of it', OPEN, {}, 'prove'],
  ['the secret is impaired: a login tells', { ...OPEN, secretStatus: 'impaired' }, {}, 'prove'],
  ['proven, by a Data API of this run', OPEN, { isProven: true, ...SWITCHED_ON }, 'disable-data-api'],
  ['proven, by a Data API that was on', OPEN, { isProven: true }, 'done'],
  ['all done', MANAGED, { isProven: true, ...SWITCHED_ON }, 'done'],
])('%s', (_, cluster, memory, kind, waitingFor = '') => {
  const step = planPreparation(aCluster(cluster), { ...FRESH_PREPARATION, ...memory }, NOW_MS)
  expect(step.kind === 'change' ? step.change : step.kind).toBe(kind)
  if (step.kind === 'wait') expect(step.waitingFor).toContain(waitingFor)
  if (step.kind === 'prove') expect(step.secretArn).toBe(SECRET)
})

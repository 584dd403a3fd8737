import { describe, expect, test } from '@jest/globals'
import { type DatabaseCluster, type Goal, goalOf, originOf } from '../../../local/database/plan.ts'

const CLUSTER: DatabaseCluster = {
  resourceId: 'cluster-CLONE',
  copy: 'copy-on-write',
  copiedFrom: 'cluster-SOURCE',
  status: 'available',
  writerStatus: 'available',
}

describe('what a database is to be', () => {
  test.each<[why: string, cluster: Partial<DatabaseCluster>, goal: Goal]>([
    ['available, with a writer', {}, 'running'],
    ['being made', { status: 'creating', writerStatus: 'creating' }, 'at-rest'],
    ['without an instance, nothing computes', { writerStatus: undefined }, 'at-rest'],
    ['the writer is not made yet', { writerStatus: 'creating' }, 'at-rest'],
    ['the writer restarts', { writerStatus: 'rebooting' }, 'at-rest'],
    ['small changes go on while it answers', { writerStatus: 'modifying' }, 'running'],
    ['a backup', { status: 'backing-up' }, 'running'],
    ['a new password', { status: 'resetting-master-credentials' }, 'running'],
    ['stopping', { status: 'stopping', writerStatus: 'stopping' }, 'at-rest'],
    ['stopped', { status: 'stopped', writerStatus: 'stopped' }, 'at-rest'],
    ['going back', { status: 'backtracking', writerStatus: 'backtracking' }, 'at-rest'],
    ['starting', { status: 'starting', writerStatus: 'starting' }, 'at-rest'],
    ['failed', { status: 'inaccessible-encryption-credentials' }, 'at-rest'],
    ['the writer failed', { writerStatus: 'incompatible-network' }, 'at-rest'],
    ['the writer leaves', { writerStatus: 'deleting' }, 'at-rest'],
    ['deleted', { status: 'deleting', deletionRequestedAt: 1 }, 'removed'],
    ['deleted, although AWS still shows it available', { deletionRequestedAt: 1 }, 'removed'],
  ])('%s', (_why, cluster, goal) => {
    expect(goalOf({ ...CLUSTER, ...cluster })).toBe(goal)
  })
})

describe('where its data come from', () => {
  test.each<[why: string, cluster: Partial<DatabaseCluster>, origin: ReturnType<typeof originOf>]>([
    ['a clone: its source', {}, { copiedFrom: 'cluster-SOURCE' }],
    ['a full copy: its source, too', { copy: 'full-copy' }, { copiedFrom: 'cluster-SOURCE' }],
    ['a new cluster: nowhere', { copy: 'original' }, 'nothing'],
  ])('%s', (_why, cluster, origin) => {
    expect(originOf({ ...CLUSTER, ...cluster })).toEqual(origin)
  })
})

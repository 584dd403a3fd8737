import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { replacedActions } from '../../local/runner/actions/replaced-actions.ts'
import type { LocalActionResult } from '../../local/runner/local-action.ts'
import type { PermissionMap } from '../../local/runner/permissions.ts'

const ROLE = 'arn:aws:iam::111122223333:role/aurora-clone'
const workspace = mkdtempSync(join(tmpdir(), 'checkout-'))

afterAll(() => {
  rmSync(workspace, { recursive: true })
})

const IDENTITY = { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/token' }

async function play(
  name: string,
  inputs: Readonly<Record<string, string>>,
  {
    env = IDENTITY,
    isPrivate = true,
    permissions = { contents: 'read' },
  }: {
    readonly env?: Readonly<Record<string, string>>
    readonly isPrivate?: boolean
    readonly permissions?: PermissionMap
  } = {},
): Promise<LocalActionResult> {
  const action = replacedActions[name]
  if (action === undefined) throw new Error(`there is no ${name}`)
  return await action({
    uses: `${name}@v1`,
    inputs,
    env,
    event: {
      name: 'schedule',
      payload: { repository: { private: isPrivate } },
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
      headRef: '',
      baseRef: '',
      actor: { login: 'octocat', id: 1 },
      repository: { fullName: 'org/orders', id: 1, owner: { login: 'org', id: 2 } },
    },
    permissions,
    workspace,
    files: (ref) => [
      { path: 'db/a.sql', isExecutable: false, content: Buffer.from(`SELECT '${ref}'`) },
      { path: 'install', isExecutable: true, content: Buffer.from('#!/bin/sh\n') },
    ],
    log: () => undefined,
    signal: AbortSignal.timeout(120_000),
  })
}

describe('aws-actions/configure-aws-credentials', () => {
  const configure = (
    inputs: Readonly<Record<string, string>> = {},
    env?: Readonly<Record<string, string>>,
  ): Promise<LocalActionResult> =>
    play(
      'aws-actions/configure-aws-credentials',
      { 'role-to-assume': ROLE, 'aws-region': 'eu-west-1', ...inputs },
      { ...(env && { env }) },
    )

  test('exports fresh credentials and masks all that is secret of them, but not the account', async () => {
    const { exportedEnv = {}, masks = [], outputs } = await configure()
    expect(Object.keys(exportedEnv).toSorted()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ])
    expect(exportedEnv).toMatchObject({ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' })
    expect(outputs).toEqual({ 'aws-account-id': '111122223333' })
    expect(masks).toEqual([
      exportedEnv['AWS_ACCESS_KEY_ID'],
      exportedEnv['AWS_SECRET_ACCESS_KEY'],
      exportedEnv['AWS_SESSION_TOKEN'],
    ])
    expect((await configure()).masks).not.toEqual(masks)
  })

  test('masks the account on request', async () => {
    expect((await configure({ 'mask-aws-account-id': 'true' })).masks).toContain('111122223333')
  })

  test.each([
    ['an unknown input', { 'role-to-asume': ROLE }, 'unknown inputs role-to-asume'],
    ['no region', { 'aws-region': '' }, 'Input required and not supplied: aws-region'],
    ['a malformed region', { 'aws-region': 'europe' }, 'Region is not valid: europe'],
    ['no role', { 'role-to-assume': '' }, 'expected the ARN of an IAM role'],
    ['the name of a role', { 'role-to-assume': 'aurora-clone' }, 'expected the ARN of an IAM role'],
    ['a user', { 'role-to-assume': 'arn:aws:iam::111122223333:user/x' }, 'expected the ARN of an IAM role'],
    ['another account', { 'allowed-account-ids': '999900001111' }, 'does not match any of the expected'],
    ['a word where a boolean belongs', { 'mask-aws-account-id': 'yes' }, 'mask-aws-account-id'],
    ['a day', { 'role-duration-seconds': '86400' }, 'expected 900 to 43200'],
  ])('refuses %s', async (_, inputs, message) => {
    await expect(configure(inputs)).rejects.toThrow(message)
  })

  test('fails without id-token: write', async () => {
    await expect(configure({}, {})).rejects.toThrow('id-token: write')
  })
})

describe('actions/checkout', () => {
  test('takes what the examples give', async () => {
    expect(await play('actions/checkout', { 'persist-credentials': 'false' })).toEqual({
      outputs: { ref: 'refs/heads/main', commit: 'a'.repeat(40) },
    })
  })

  test('puts the files of the branch or tag into the workspace', async () => {
    await play('actions/checkout', { ref: 'v2.4.0' })
    expect(readFileSync(join(workspace, 'db', 'a.sql'), 'utf8')).toBe("SELECT 'v2.4.0'")
    expect(['db/a.sql', 'install'].map((path) => statSync(join(workspace, path)).mode & 0o100)).toEqual([
      0, 0o100,
    ])
  })

  test.each<[PermissionMap]>([[{}], [{ contents: 'none' }], [{ packages: 'write' }]])(
    'does not find a private repository with %j',
    async (permissions) => {
      await expect(play('actions/checkout', {}, { permissions })).rejects.toThrow('contents: read')
      await expect(play('actions/checkout', {}, { permissions, isPrivate: false })).resolves.toBeDefined()
    },
  )

  test.each([{ depth: '1' }, { 'persist-credentials': 'no' }, { 'fetch-depth': 'all' }])(
    'refuses %j',
    async (inputs) => {
      await expect(play('actions/checkout', inputs)).rejects.toThrow(/unknown inputs|boolean|number/)
    },
  )
})

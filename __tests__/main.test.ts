import { afterEach, expect, jest, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/main.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-'))
const former = { env: process.env, exitCode: process.exitCode }

afterEach(() => {
  process.env = former.env
  process.exitCode = former.exitCode
  rmSync(directory, { recursive: true, force: true })
})

test('a run that has ended by itself leaves no calls, so that its last lines are written before the process ends', async () => {
  const file = (name: string): string => {
    writeFileSync(join(directory, name), '')
    return join(directory, name)
  }
  process.env = {
    INPUT_MODE: 'wait',
    'INPUT_AWS-REGION': 'eu-west-1',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_REPOSITORY_ID: '4711',
    GITHUB_STEP_SUMMARY: file('summary.md'),
    GITHUB_OUTPUT: file('outputs'),
  }
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const ended = await run()
  const log = written.mock.calls.map(([text]) => String(text)).join('')
  written.mockRestore()
  expect(log).toMatch(/^::error title=No pull request in context::/m)
  expect(ended).toEqual({ leavesCalls: false })
})

import { expect, test } from '@jest/globals'
import type { WorkflowEvent } from '../../../local/github/events.ts'
import type { JsonObject } from '../../../local/github/representation.ts'
import { startsOn } from '../../../local/runner/event-matching.ts'
import { readWorkflow } from '../../../local/runner/workflow-file.ts'

const PATH = '.github/workflows/test.yml'
const ACCOUNT = { login: 'octocat', id: 1 }

function anEvent(name: string, payload: JsonObject): WorkflowEvent {
  const repository = { fullName: 'acme/shop', id: 4_200, owner: ACCOUNT }
  return {
    name,
    payload,
    ref: 'refs/heads/main',
    sha: '',
    headRef: '',
    baseRef: '',
    actor: ACCOUNT,
    repository,
  }
}

test.each<[on: string, name: string, payload: JsonObject, starts: boolean]>([
  ['pull_request', 'pull_request', { action: 'opened' }, true],
  ['pull_request', 'pull_request', { action: 'synchronize' }, true],
  ['pull_request', 'pull_request', { action: 'reopened' }, true],
  ['pull_request', 'pull_request', { action: 'labeled' }, false],
  ['pull_request', 'pull_request', { action: 'closed' }, false],
  ['[push, pull_request]', 'pull_request', { action: 'opened' }, true],
  ['[push, pull_request]', 'delete', {}, false],
  ['{ pull_request: , push: }', 'pull_request', { action: 'closed' }, false],
  ['{ pull_request: { types: [labeled, closed] } }', 'pull_request', { action: 'labeled' }, true],
  ['{ pull_request: { types: [labeled, closed] } }', 'pull_request', { action: 'opened' }, false],
  ['{ pull_request: { types: labeled } }', 'pull_request', { action: 'labeled' }, true],
  ['{ pull_request: { types: [closed] } }', 'pull_request_target', { action: 'closed' }, false],
  ['pull_request_target', 'pull_request_target', { action: 'closed' }, false],
  ['{ pull_request_target: { types: [closed] } }', 'pull_request_target', { action: 'closed' }, true],
  ['issue_comment', 'issue_comment', { action: 'edited' }, true],
  ['{ issue_comment: { types: [created] } }', 'issue_comment', { action: 'edited' }, false],
  ['push', 'push', {}, true],
  ['delete', 'delete', { ref: 'change-42' }, true],
  ['{ schedule: [{ cron: "17 * * * *" }] }', 'schedule', { schedule: '17 * * * *' }, true],
  ['{ schedule: [{ cron: "17 * * * *" }] }', 'schedule', { schedule: '18 * * * *' }, false],
  [
    '{ schedule: [{ cron: "1 * * * *" }, { cron: "2 * * * *" }] }',
    'schedule',
    { schedule: '2 * * * *' },
    true,
  ],
  ['{ schedule: [{ cron: "17 * * * *" }] }', 'schedule', { schedule: '17 * * * *', workflow: PATH }, true],
  [
    '{ schedule: [{ cron: "17 * * * *" }] }',
    'schedule',
    { schedule: '17 * * * *', workflow: 'other.yml' },
    false,
  ],
  ['workflow_dispatch', 'workflow_dispatch', { workflow: PATH }, true],
  ['workflow_dispatch', 'workflow_dispatch', { workflow: 'other.yml' }, false],
  ['workflow_call', 'workflow_call', {}, false],
  ['workflow_call', 'pull_request', { action: 'opened' }, false],
])('on: %s and the event %s %j: %s', async (on, name, payload, starts) => {
  const text = `on: ${on}\njobs: { a: { runs-on: x, steps: [{ run: 'true' }] } }`
  expect(startsOn(await readWorkflow(PATH, text), anEvent(name, payload))).toBe(starts)
})

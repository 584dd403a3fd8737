import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LocalAction } from '../local-action.ts'
import { booleanInput, checkInputs } from './declared-inputs.ts'

/** What actions/checkout 7.0.1 declares and this replacement plays; whoever needs more adds it. */
const OPTIONAL = ['fetch-depth', 'persist-credentials', 'ref']

/** Puts the files of the caller's repository into the workspace, without a `.git`. */
export const checkout: LocalAction = async ({ event, files, inputs, log, permissions, uses, workspace }) => {
  checkInputs(uses, inputs, { optional: OPTIONAL })
  const depth = inputs['fetch-depth'] ?? ''
  if (!/^\d*$/.test(depth)) throw new Error(`fetch-depth is "${depth}", expected a number`)
  booleanInput(inputs, 'persist-credentials')
  const given = inputs['ref'] ?? ''
  const ref = given === '' ? event.ref : given
  log(`Syncing repository: ${event.repository.fullName}`)
  const { private: isPrivate } = event.payload['repository'] as { readonly private: boolean }
  // Anybody may read a public one; of a private one GitHub does not even say that it is there.
  if (isPrivate && !['read', 'write'].includes(permissions['contents'] ?? 'none'))
    throw new Error(
      `remote: Repository not found: the job has no contents: read of ${event.repository.fullName}`,
    )
  for (const { path, isExecutable, content } of files(given)) {
    const target = join(workspace, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, content, { mode: isExecutable ? 0o755 : 0o644 })
  }
  log(`Checked out ${ref}`)
  return { outputs: { ref, commit: event.sha } }
}

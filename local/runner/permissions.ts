import type { WorkflowEvent } from '../github/events.ts'
import type { Json } from '../github/representation.ts'
import type { Access } from '../github/tokens.ts'
import type { CallingJob, JobDefinition, WorkflowFile } from './workflow-file.ts'

/** `permissions:` of a workflow or job: what is not named is `none`. */
export type PermissionMap = Readonly<Record<string, Access>>

/** Of a repository whose owner chose nothing, for workflows that choose nothing. */
export const DEFAULT_PERMISSIONS: PermissionMap = { contents: 'read', packages: 'read' }

const RANK = { none: 0, read: 1, write: 2 }

/** What `requested` has more of than `allowed`, as GitHub says it. */
export function excessOf(requested: PermissionMap, allowed: PermissionMap): readonly string[] {
  return Object.entries(requested)
    .filter(([name, access]) => RANK[access] > RANK[allowed[name] ?? 'none'])
    .map(
      ([name, access]) =>
        `requesting '${name}: ${access}', but is only allowed '${name}: ${allowed[name] ?? 'none'}'`,
    )
}

/** What a job may do: its own `permissions`, else those of its file, else what the caller allows. */
export function effectivePermissions(
  file: WorkflowFile,
  job: JobDefinition,
  allowed: PermissionMap | undefined,
): PermissionMap {
  return job.permissions ?? file.permissions ?? allowed ?? DEFAULT_PERMISSIONS
}

/** Why GitHub would not start a run of this file: a called workflow wants more than its caller has. */
export function permissionProblem(
  file: WorkflowFile,
  {
    calleeOf,
    allowed,
  }: {
    readonly calleeOf: (job: CallingJob) => WorkflowFile
    readonly allowed?: PermissionMap
  },
): string | undefined {
  if (allowed !== undefined) {
    const [tooMuch] = excessOf(file.permissions ?? {}, allowed)
    if (tooMuch !== undefined) return `Error calling workflow '${file.path}'. The workflow is ${tooMuch}.`
  }
  for (const job of file.jobs) {
    const [tooMuch] = allowed === undefined ? [] : excessOf(job.permissions ?? {}, allowed)
    if (tooMuch !== undefined)
      return `Error calling workflow '${file.path}'. The nested job '${job.id}' is ${tooMuch}.`
    if (job.kind !== 'call') continue
    const problem = permissionProblem(calleeOf(job), {
      calleeOf,
      allowed: effectivePermissions(file, job, allowed),
    })
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Nothing to write, and no identity to show to AWS [actions §3.5]. */
export function readOnly(permissions: PermissionMap): PermissionMap {
  return Object.fromEntries(
    Object.entries(permissions).map(([name, access]) => [
      name,
      name === 'id-token' ? 'none' : access === 'write' ? 'read' : access,
    ]),
  )
}

/**
 * Runs of pull requests from forks, and those that Dependabot started: they get none of the secrets and variables of Actions, and
 * by themselves a token to read with and no OIDC [actions §3.5]. `pull_request_target`, comments and dispatches are privileged.
 */
export function restrictionOf(event: WorkflowEvent): 'fork' | 'dependabot' | undefined {
  if (isFromFork(event)) return 'fork'
  const { actor, name } = event
  const isByDependabot = actor.login === 'dependabot[bot]' && (name === 'pull_request' || name === 'push')
  return isByDependabot ? 'dependabot' : undefined
}

function isFromFork({ name, payload, repository }: WorkflowEvent): boolean {
  if (name !== 'pull_request') return false
  // A deleted fork is null.
  return member(member(member(payload['pull_request'], 'head'), 'repo'), 'id') !== repository.id
}

function member(value: Json | undefined, name: string): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Readonly<Record<string, Json>>)[name] : undefined
}

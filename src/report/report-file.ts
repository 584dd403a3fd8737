import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloneReport, Outcome } from '../outcome.ts'

/** What `destroy` or `sweep` did with each clone, as JSON for programs; `undefined` when there is nothing of the kind. */
export function renderReport({ outcome, removals, sweep }: Outcome): string | undefined {
  if (sweep !== undefined) {
    const { rows, dryRun, isStopped, scope } = sweep
    return json({
      outcome,
      scope,
      'dry-run': dryRun,
      stopped: isStopped,
      clones: rows.map(({ clone, repository, generation, ageMs, action, reason, detail, result }) => ({
        ...nameOf(clone),
        generation: generation === '' ? null : generation,
        repository: repository ?? null,
        'age-seconds': ageMs === undefined ? null : Math.floor(ageMs / 1_000),
        'expires-at': clone.expiresAt ?? null,
        'instance-class': clone.instanceClass === '' ? null : clone.instanceClass,
        action,
        reason,
        because: detail ?? null,
        result: result ?? null,
      })),
    })
  }
  if (removals === undefined) return undefined
  return json({
    outcome,
    clones: removals.map(({ clone, result, because }) => ({
      ...nameOf(clone),
      result,
      because: because ?? null,
    })),
  })
}

/** Writes it where later steps of the job find it; throws what the file system throws. */
export function writeReport(text: string, directory: string): string {
  const file = join(directory, `aurora-clone-report-${randomUUID()}.json`)
  writeFileSync(file, text)
  return file.replaceAll('\\', '/')
}

function nameOf({ identifier, region, key, name }: CloneReport) {
  return { 'cluster-identifier': identifier, region, key, 'clone-name': name === '' ? null : name }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

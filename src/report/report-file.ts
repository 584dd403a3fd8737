import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloneReport, Outcome } from '../outcome.ts'

/** JSON about each clone of a `destroy` or `sweep`; `undefined` for other outcomes. */
export function renderReport(outcome: Outcome): string | undefined {
  if (outcome.outcome === 'swept') {
    const { rows, dryRun, isStopped, scope } = outcome.sweep
    return json({
      outcome: outcome.outcome,
      scope,
      'dry-run': dryRun,
      stopped: isStopped,
      clones: rows.map(({ clone, repository, generation, ageMs, action, reason, detail, result }) => ({
        ...nameOf(clone),
        generation: generation === '' ? null : generation,
        repository: repository ?? null,
        'age-seconds': ageMs === undefined ? null : Math.floor(ageMs / 1_000),
        'expires-at': clone.expiresAt ?? null,
        'instance-class': clone.instanceClass ?? null,
        action,
        reason,
        because: detail ?? null,
        result: result ?? null,
      })),
    })
  }
  if (!('removals' in outcome)) return undefined
  return json({
    outcome: outcome.outcome,
    clones: outcome.removals.map(({ clone, result, because = null }) => ({
      ...nameOf(clone),
      result,
      because,
    })),
  })
}

/** Writes the report for later steps and returns its path. Throws errors of the file system. */
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

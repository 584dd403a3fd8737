import { type Unreadable, hasLabel } from '../demand.ts'
import type { GitHubApi } from './api.ts'
import { githubReason } from './reason.ts'

/** The labels of a repository. */
export interface RepositoryLabels {
  /** Their names, read once, at the first call. Never throws. */
  list(): Promise<readonly string[] | Unreadable>
}

export function repositoryLabels(connect: () => Promise<GitHubApi>): RepositoryLabels {
  let names: Promise<readonly string[]> | undefined
  const look = async (): Promise<readonly string[]> => {
    const all: string[] = []
    for await (const page of (await connect()).labels()) all.push(...page.map(({ name }) => name))
    return all
  }
  return {
    async list() {
      try {
        names ??= look()
        return await names
      } catch (error) {
        return { kind: 'unreadable', because: githubReason(error) }
      }
    },
  }
}

/** The labels of one pull request, beyond their names. */
export interface LabelsOn {
  /** When the label was put on last (ISO 8601, UTC). Never throws. */
  putOnAt(label: string): Promise<string | Unreadable>
  /** Throws GitHub's errors, with status 404 if it is off already. */
  takeOff(label: string): Promise<void>
}

export function labelsOn(connect: () => Promise<GitHubApi>, number: number): LabelsOn {
  return {
    async putOnAt(label) {
      try {
        const labelings = await (await connect()).labelings(number)
        const last = labelings.findLast(({ label: put }) => put !== null && hasLabel([put.name], label))
        return (
          last?.createdAt ?? { kind: 'unreadable', because: `GitHub does not say when "${label}" was put on` }
        )
      } catch (error) {
        return { kind: 'unreadable', because: githubReason(error) }
      }
    },
    async takeOff(label) {
      await (await connect()).removeLabel(number, label)
    },
  }
}

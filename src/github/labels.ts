import { type Unreadable, hasLabel } from '../demand.ts'
import type { GitHubApi } from './api.ts'
import { githubReason } from './reason.ts'

/** The labels that a repository has, whatever its pull requests have. */
export interface RepositoryLabels {
  /** Looks once, at the first question. Never throws. */
  has(label: string): Promise<boolean | Unreadable>
}

export function repositoryLabels(connect: () => Promise<GitHubApi>): RepositoryLabels {
  let names: Promise<readonly string[]> | undefined
  const list = async (): Promise<readonly string[]> => {
    const all: string[] = []
    for await (const page of (await connect()).labels()) all.push(...page.map(({ name }) => name))
    return all
  }
  return {
    async has(label) {
      try {
        names ??= list()
        return hasLabel(await names, label)
      } catch (error) {
        return { kind: 'unreadable', because: githubReason(error) }
      }
    },
  }
}

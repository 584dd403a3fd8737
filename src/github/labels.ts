import type { Unreadable } from '../demand.ts'
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

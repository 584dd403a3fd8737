import manifest from '../package.json' with { type: 'json' }

/** The repository that publishes the action, `owner/name`. Only package.json says it; `npm run docs` puts it everywhere else. */
export const OWN_REPOSITORY = manifest.repository

/** The tag that follows the newest release of the major version, such as `v1`. */
export const OWN_TAG = tagOf(manifest.version)

export function tagOf(version: string): string {
  return `v${version.replace(/\..*$/, '')}`
}

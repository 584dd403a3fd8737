import manifest from '../package.json' with { type: 'json' }

/** The repository that this product is published from, as workflows name it. */
export const PRODUCT = manifest.repository

export const PUBLISHED_ACTION = `${PRODUCT}@v${manifest.version.replace(/\..*$/, '')}`

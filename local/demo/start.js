// Plain JavaScript on purpose: a Node.js that cannot run TypeScript must be able to read this file and say so.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { URL } from 'node:url'

const advice = adviceFor(process)
if (advice === undefined) await import('./index.ts')
else {
  process.stderr.write(`${advice}\n`)
  process.exitCode = 1
}

/** What is missing before the demo can run. */
function adviceFor({ features, version }) {
  const packages = new URL('../../node_modules/', import.meta.url)
  if (!existsSync(new URL('yaml/', packages)))
    return 'The demo needs the packages of this repository. Run `npm ci`, then again `npm run demo`.'
  // Without a flag since 22.18 and 23.6.
  if (features.typescript) return undefined
  return [
    `The demo is written in TypeScript, which Node.js runs by itself since 22.18; this is Node.js ${version}.`,
    existsSync(new URL('.bin/node', packages))
      ? 'Node.js 24 came with `npm ci`: start the demo with `npm run demo`, which finds it.'
      : 'Install Node.js 24 (https://nodejs.org, or `nvm install 24`), then again `npm run demo`.',
  ].join('\n')
}

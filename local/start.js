// Plain JavaScript on purpose: a Node.js that cannot run TypeScript must be able to read this file and say so.
import { existsSync } from 'node:fs'
import module from 'node:module'
import process from 'node:process'
import { fileURLToPath, URL } from 'node:url'

const PROGRAMS = ['bench', 'demo', 'picture', 'serve', 'step']

const [program = ''] = process.argv.splice(2, 1)
const advice = adviceFor(process)
if (advice === undefined) {
  // Half of the time that such a program takes to start. Node.js before 22.8 has none; where this user may not write, it does nothing.
  module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  await import(`./${program}/index.ts`)
} else {
  process.stderr.write(`${advice}\n`)
  process.exitCode = 1
}

/** What is missing before anything of the local cloud can run. */
function adviceFor({ features, version }) {
  if (!PROGRAMS.includes(program)) return `Usage: node local/start.js ${PROGRAMS.join('|')} [options]`
  const packages = new URL('../node_modules/', import.meta.url)
  if (!existsSync(new URL('yaml/', packages)))
    return 'The local cloud needs the packages of this repository. Run `npm ci`, then again the same command.'
  // Without a flag since 22.18 and 23.6.
  if (features.typescript) return undefined
  return [
    `The local cloud is written in TypeScript, which Node.js runs by itself since 22.18; this is Node.js ${version}.`,
    existsSync(new URL('.bin/node', packages))
      ? 'Node.js 24 came with `npm ci`: start it with `npm run demo` or `npm run local`, which find it.'
      : 'Install Node.js 24 (https://nodejs.org, or `nvm install 24`), then again the same command.',
  ].join('\n')
}

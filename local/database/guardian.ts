/**
 * `node guardian.ts`: outlives the local cloud by a moment. Standard input ends when the local cloud does, however it
 * does, SIGKILL included; then no server and no file may stay behind. The directory comes in the environment, so that the
 * guardian itself is not taken for one of its servers.
 */
import { DIRECTORY_VARIABLE } from './guard.ts'
import { clearAway } from './private-directory.ts'

process.stdin.resume().once('close', () => {
  const directory = process.env[DIRECTORY_VARIABLE]
  if (directory !== undefined) void clearAway(directory)
})

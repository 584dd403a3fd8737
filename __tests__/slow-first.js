import Sequencer from '@jest/test-sequencer'

/** The files that take longest. Jest knows that only where it has run before, and a slow one that begins last leaves a core idle. */
const SLOW = [
  'sanitise-kills',
  'sanitise.long',
  'live.long',
  'workflow-examples',
  'crash',
  'systems',
  'sanitise-field',
  'workflow-cancel',
  'database.long',
  'race',
  'incarnations',
  'data-api',
  'life',
  'converge',
  'fuzz',
  'reset',
]

export default class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = SLOW.findIndex((name) => path.includes(name))
      return index === -1 ? SLOW.length : index
    }
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b))
  }
}

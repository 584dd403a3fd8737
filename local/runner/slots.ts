import type { Ticket } from './concurrency-groups.ts'

/** `strategy.max-parallel`: so many jobs of a matrix at a time, first come first served. */
export class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    if (!(count >= 1)) throw new Error(`strategy.max-parallel is a number from 1, got ${count}`)
    this.#free = count
  }

  take(): Ticket {
    const { promise: granted, resolve } = Promise.withResolvers<boolean>()
    let has = false
    const get = (): void => {
      has = true
      resolve(true)
    }
    if (this.#free > 0) {
      this.#free -= 1
      get()
    } else this.#waiting.push(get)
    const leave = (): void => {
      const index = this.#waiting.indexOf(get)
      if (index >= 0) this.#waiting.splice(index, 1)
      else if (has) this.#giveBack()
      has = false
      resolve(false)
    }
    return { granted, leave }
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

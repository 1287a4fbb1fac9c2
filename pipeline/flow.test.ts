import { firstValueFrom, Subject, toArray } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, test } from 'vitest'
import { batchOf, type RawBatch, type Source } from './contract/source.ts'
import { accept } from './hot/accept/accept.ts'
import { decoder } from './hot/accept/decode.ts'
import type { Checked } from './contract/stage.ts'
import { AlertWindows } from './hot/decide/alert-windows.ts'
import { decide } from './hot/decide/decide.ts'
import { Episodes } from './hot/decide/episodes.ts'
import { pulled } from './flow.ts'
import { Database } from './store/database.ts'

const rawOf = (texts: string[]): RawBatch => batchOf(texts.map((t) => Buffer.from(t)))

const marbles = (run: Parameters<TestScheduler['run']>[0]) => new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run)

describe('the stages, as marbles', () => {
  test('accept answers each batch in its own frame and never ends the stream over a bad one', () => {
    marbles(({ cold, expectObservable }) => {
      const raw$ = cold('a-b-c|', { a: rawOf([]), b: rawOf(['not json', '{}']), c: rawOf(['[']) })
      const counted = raw$.pipe(accept({ decode: decoder({ keepJson: false }) }))
      const shape = (dead: number) => expect.objectContaining({ dead: expect.objectContaining({ length: dead }) }) as never
      expectObservable(counted).toBe('a-b-c|', { a: shape(0), b: shape(2), c: shape(1) })
    })
  })

  test('an error of the source is an error of the flow, after what came before it', () => {
    marbles(({ cold, expectObservable }) => {
      const out = cold('a--#', { a: rawOf([]) }).pipe(accept({ decode: decoder({ keepJson: false }) }))
      expectObservable(out).toBe('a--#', { a: expect.objectContaining({ dead: [] }) as never })
    })
  })

  test('decide keeps the order of batches, whatever each takes', async () => {
    const checked$ = new Subject<Checked>()
    const alertWindows = new AlertWindows({ db: await Database.open(':memory:'), rulings: [] })
    const out = firstValueFrom(checked$.pipe(decide({ episodes: new Episodes(), alertWindows }), toArray()))
    for (const received of [3, 1, 2]) checked$.next({ findings: [], letters: [], received, horizon: -Infinity })
    checked$.complete()
    expect((await out).map((d) => d.received)).toEqual([3, 1, 2])
  })
})

describe('the pull loop', () => {
  const sourceOf = (batches: number) => {
    const state = { pulls: 0 }
    const source: Source = {
      partitions: [],
      control: [],
      silent: () => [],
      writeControl: () => Promise.resolve(),
      close: () => Promise.resolve(),
      pull: () => Promise.resolve(state.pulls++ < batches ? rawOf([]) : null),
    }
    return { source, state }
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

  test('has at most two batches in flight, and pulls the next only when one has left', async () => {
    const { source, state } = sourceOf(10)
    const { raw$, done } = pulled(source, { maxEvents: 1, waitMs: 1 }, new AbortController().signal)
    let seen = 0
    raw$.subscribe(() => seen++)
    await turn()
    expect([seen, state.pulls]).toEqual([2, 2])
    done()
    await turn()
    expect([seen, state.pulls]).toEqual([3, 3])
    done()
    done()
    await turn()
    expect(seen).toBe(5)
  })

  test('ends when the source has ended, when it is stopped, and fails when the source fails', async () => {
    const { source } = sourceOf(1)
    const ended = pulled(source, { maxEvents: 1, waitMs: 1 }, new AbortController().signal)
    expect((await firstValueFrom(ended.raw$.pipe(toArray()))).length).toBe(1)
    const stop = new AbortController()
    stop.abort()
    expect(await firstValueFrom(pulled(sourceOf(5).source, { maxEvents: 1, waitMs: 1 }, stop.signal).raw$.pipe(toArray()))).toEqual([])
    const failing: Source = { ...source, pull: () => Promise.reject(new Error('broker gone')) }
    await expect(firstValueFrom(pulled(failing, { maxEvents: 1, waitMs: 1 }, new AbortController().signal).raw$)).rejects.toThrow('broker gone')
  })
})

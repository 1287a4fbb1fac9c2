/**
 * The hot path from outside, for k6: payments are posted at a constant arrival rate, and the live feed is watched for the alerts they must raise.
 * Latency runs from the moment a request was due, not from when it was sent, to the alert's arrival on the feed: a desk that keeps its callers
 * waiting is charged for the wait (no coordinated omission).
 *
 * Environment: URL, TOKEN (of a user who sees all alerts), RATE (payments per second), DURATION (30s, 5m, 1h), PLANT_EVERY (requests), SUMMARY (a file).
 */
import { check } from 'k6'
import encoding from 'k6/encoding'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { WebSocket } from 'k6/websockets'

const URL = (__ENV.URL || 'http://127.0.0.1:7700').replace(/\/$/, '')
const TOKEN = __ENV.TOKEN || ''
const RATE = wholeOf('RATE', 1000)
const SECONDS = secondsOf(__ENV.DURATION || '30s')
const PLANT_EVERY = wholeOf('PLANT_EVERY', 50)

const BATCH = 20
/** Rule OP-08 asks for eight different payers. */
const PAYERS = 8
/** Background accounts pay in a ring: each is paid by at most four others, which is far from what OP-08 looks for. */
const ACCOUNTS = 10_000
const PAYEES = 4
/** The feed is open before the first payment, and stays open this long after the last. */
const LEAD_MS = 3000
const GRACE_MS = 15_000
/** Of that time, how many seconds a trickle of payments goes on: past the watermark's lag. */
const TAIL_SECONDS = 12

const REQUESTS = Math.floor((RATE * SECONDS) / BATCH)
const GROUPS = Math.floor(REQUESTS / PLANT_EVERY)
const PERIOD_MS = (BATCH * 1000) / RATE
const PER_SECOND = Math.ceil(RATE / BATCH)

const alertLatency = new Trend('alert_latency', true)
const postTime = new Trend('post_time', true)
const sendDelay = new Trend('send_delay', true)
const sent = new Counter('sent_events')
const accepted = new Counter('accepted_events')
const planted = new Counter('planted_groups')
const alerted = new Counter('alerted_groups')
const repeated = new Counter('repeated_alerts')

export const options = {
  scenarios: {
    feed: { executor: 'per-vu-iterations', exec: 'feed', vus: 1, iterations: 1, maxDuration: `${Math.ceil(SECONDS) + 60}s` },
    // RATE iterations in BATCH seconds is exactly RATE / BATCH requests a second. One second more than asked for, in which nothing
    // is sent, makes the number of requests certain, and with it the number of alerts to wait for.
    payments: {
      executor: 'constant-arrival-rate',
      exec: 'payments',
      startTime: `${LEAD_MS}ms`,
      rate: RATE,
      timeUnit: `${BATCH}s`,
      duration: `${Math.ceil(SECONDS) + 1}s`,
      preAllocatedVUs: Math.max(10, PER_SECOND),
      maxVUs: Math.max(50, 10 * PER_SECOND),
    },
    tail: {
      executor: 'constant-arrival-rate',
      exec: 'tail',
      startTime: `${LEAD_MS + 1000 * Math.ceil(SECONDS)}ms`,
      rate: 1,
      duration: `${TAIL_SECONDS}s`,
      preAllocatedVUs: 2,
      maxVUs: 5,
    },
  },
  // A dropped iteration is a request that was due and never sent: every later one would be dated wrongly.
  thresholds: { checks: ['rate==1.0'], dropped_iterations: ['count==0'] },
  summaryTrendStats: ['min', 'avg', 'med', 'p(90)', 'p(99)', 'max'],
}

/** What both scenarios know: the name of this run. Accounts of planted groups carry it, and the group's number and the time it was due. */
export function setup() {
  if (TOKEN === '') exec.test.abort('TOKEN is not set; npm run k6 takes it from start.json')
  if (GROUPS === 0) exec.test.abort(`too short: RATE × DURATION must be at least ${PLANT_EVERY * BATCH} payments, or no alert would be raised`)
  const me = http.get(`${URL}/v1/me`, { headers: { authorization: `Bearer ${TOKEN}` } })
  if (me.status !== 200) exec.test.abort(`${URL}/v1/me answers ${me.status || me.error}: is the desk running, and the token one it knows?`)
  if (me.json().role === 'desk') exec.test.abort("a bank's desk does not see alerts of OP-08: take the token of a supervisor")
  return { run: Date.now().toString(36) }
}

export function payments({ run }) {
  const request = exec.scenario.iterationInTest
  if (request >= REQUESTS) return
  const due = exec.scenario.startTime + request * PERIOD_MS
  const group = isPlanted(request) ? `k6-${run}-${Math.floor(request / PLANT_EVERY)}-${Math.round(due)}` : undefined
  sendDelay.add(Date.now() - due)
  const response = post(run, request, due, group)
  postTime.add(response.timings.duration)
  sent.add(BATCH)
  accepted.add(acceptedOf(response))
  if (group !== undefined) planted.add(1)
}

/** A window is judged once later payments have moved the watermark past it. Where nobody else reports, these do. */
export function tail({ run }) {
  const { iterationInTest: second, startTime } = exec.scenario
  post(run, REQUESTS + second, startTime + second * 1000)
}

function post(run, request, due, group) {
  const response = http.post(`${URL}/v1/events`, JSON.stringify(batchOf(run, request, due, group)), {
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    timeout: '30s',
  })
  const good = check(response, {
    'POST answers 202': (r) => r.status === 202,
    'all events are accepted': (r) => acceptedOf(r) === BATCH,
  })
  if (!good && ++complaints <= 2) console.error(`request ${request}: ${response.status} ${response.error || String(response.body).slice(0, 300)}`)
  return response
}

function acceptedOf(response) {
  return response.status === 202 ? response.json().accepted || 0 : 0
}

/** Of each virtual user; one that fails at everything says so twice. */
let complaints = 0

export function feed({ run }) {
  const seen = new Set()
  const faults = []
  let live = false
  const socket = new WebSocket(`${URL.replace(/^http/, 'ws')}/v1/feed`, ['lookthrough.feed.v1+json', `bearer.${encoding.b64encode(TOKEN, 'rawurl')}`])
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    if (frame.type === 'hello') socket.send(JSON.stringify({ op: 'subscribe', sid: 'k6', from: 'now' }))
    else if (frame.type === 'live') live = true
    else if (frame.type === 'event') arrived(frame.event.data, run, seen)
    else if (frame.type === 'error' || frame.type === 'bye') faults.push(data)
  }
  socket.onerror = (event) => faults.push(event.error || 'the feed failed')
  const timer = setTimeout(() => socket.close(), LEAD_MS + SECONDS * 1000 + GRACE_MS)
  socket.onclose = () => {
    clearTimeout(timer)
    check(live, { 'the feed goes live': (v) => v })
    check(faults, { 'the feed has no error': (v) => v.length === 0 })
    for (const fault of faults) console.error(`feed: ${fault}`)
    const missing = []
    for (let group = 0; group < GROUPS; group++) {
      if (!check(seen.has(group), { 'a planted group raises its alert': (v) => v })) missing.push(group)
    }
    if (missing.length > 0) console.error(`no alert for ${missing.length} of ${GROUPS} planted groups: ${missing.slice(0, 20).join(' ')}`)
  }
}

/** Only the first alert of a group counts; overlapping windows may raise more. */
function arrived(alert, run, seen) {
  const { rule, subject } = alert
  const prefix = `k6-${run}-`
  if (rule.code !== 'OP-08' || !subject.id.startsWith(prefix)) return
  const [group, due] = subject.id.slice(prefix.length).split('-').map(Number)
  if (seen.has(group)) return repeated.add(1)
  seen.add(group)
  alerted.add(1)
  alertLatency.add(Date.now() - due)
}

function isPlanted(request) {
  return request % PLANT_EVERY === PLANT_EVERY - 1
}

/** The payments of one request; of a planted one, the first eight go into the group's account, which nobody has paid before. */
function batchOf(run, request, due, group) {
  const time = new Date(due).toISOString()
  return Array.from({ length: BATCH }, (_, index) => {
    const number = request * BATCH + index
    const payer = number % ACCOUNTS
    const payee = (payer + 1 + (Math.floor(number / ACCOUNTS) % PAYEES)) % ACCOUNTS
    return paymentOf(run, number, time, `k6-account-${payer}`, index < PAYERS && group !== undefined ? group : `k6-account-${payee}`)
  })
}

function paymentOf(run, number, time, debtorAccount, creditorAccount) {
  const id = `k6-${run}-${number}`
  return {
    specversion: '1.0',
    id,
    source: `/institutions/B0001/k6-${run}`,
    type: 'pay.payment',
    time,
    subject: debtorAccount,
    institution: 'B0001',
    sequence: String(number + 1),
    data: {
      paymentId: id,
      debtorId: `${debtorAccount}-holder`,
      debtorAccount,
      creditorId: `${creditorAccount}-holder`,
      creditorAccount,
      amount: `${10 + (number % 4000)}.${String(number % 100).padStart(2, '0')}`,
      ccy: 'CNY',
      channel: 'wire',
      crossBorder: false,
    },
  }
}

export function handleSummary({ metrics, setup_data: setupData }) {
  if (setupData === undefined || setupData === null) return {}
  const count = (name) => metrics[name]?.values.count ?? 0
  const times = (name) => {
    const v = metrics[name]?.values
    return v === undefined ? null : { p50: v.med, p90: v['p(90)'], p99: v['p(99)'], max: v.max }
  }
  const summary = {
    run: setupData.run,
    url: URL,
    rate: RATE,
    seconds: SECONDS,
    sent: count('sent_events'),
    accepted: count('accepted_events'),
    planted: count('planted_groups'),
    alerted: count('alerted_groups'),
    repeated: count('repeated_alerts'),
    failedChecks: metrics.checks?.values.fails ?? 0,
    passedChecks: metrics.checks?.values.passes ?? 0,
    dropped: count('dropped_iterations'),
    alertLatencyMs: times('alert_latency'),
    sendDelayMs: times('send_delay'),
    postMs: times('post_time'),
  }
  const files = { stdout: linesOf(summary) }
  if (__ENV.SUMMARY) files[__ENV.SUMMARY] = `${JSON.stringify(summary, null, 2)}\n`
  return files
}

function linesOf(s) {
  const ms = (v) => (v === null ? 'none' : `p50 ${v.p50.toFixed(0)} ms · p90 ${v.p90.toFixed(0)} ms · p99 ${v.p99.toFixed(0)} ms · max ${v.max.toFixed(0)} ms`)
  return [
    '',
    `hot path ${s.url}, run ${s.run}: ${s.rate} payments/s for ${s.seconds} s`,
    `  payments   sent ${s.sent} · accepted ${s.accepted} · requests due but not sent ${s.dropped}`,
    `  alerts     planted groups ${s.planted} · alerted ${s.alerted} · repeated ${s.repeated}`,
    `  checks     failed ${s.failedChecks} · passed ${s.passedChecks}`,
    `  alert      ${ms(s.alertLatencyMs)}   from when the payment was due to the alert on the feed`,
    `  POST       ${ms(s.postMs)}   until 202, every in-sync replica has it`,
    `  k6 itself  ${ms(s.sendDelayMs)}   from when a request was due to its sending`,
    '',
  ].join('\n')
}

function wholeOf(name, fallback) {
  const value = Number(__ENV[name] || fallback)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is a whole number above 0, not ${__ENV[name]}`)
  return value
}

function secondsOf(text) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) || []
  if (number === undefined) throw new Error(`DURATION is a number and s, m or h, not ${text}`)
  return Number(number) * { s: 1, m: 60, h: 3600 }[unit]
}

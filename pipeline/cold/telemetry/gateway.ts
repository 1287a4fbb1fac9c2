/** Metrics of `POST /v1/events`. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { GatewayWatch } from '../../desk/http/events.ts'

export function gatewayMetrics(registers: Registry[]): GatewayWatch {
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const accepted = counter('lookthrough_gateway_accepted_events_total', 'Events answered with 202: the log has them.')
  const rejected = new Counter({
    name: 'lookthrough_gateway_rejected_events_total',
    help: 'Events that were not taken, by reason.',
    labelNames: ['reason'],
    registers,
  })
  const inFlight = new Gauge({ name: 'lookthrough_gateway_in_flight_events', help: 'Events on their way to the log.', registers })
  const throttled = counter('lookthrough_gateway_throttled_requests_total', 'Requests answered with 429 because too much was in hand.')
  const unavailable = counter('lookthrough_gateway_unavailable_requests_total', 'Requests answered with 503 because the log took nothing.')
  return {
    accepted: (events) => accepted.inc(events),
    rejected: (reason) => rejected.inc({ reason }),
    inFlight: (events) => inFlight.set(events),
    throttled: () => throttled.inc(),
    unavailable: () => unavailable.inc(),
  }
}

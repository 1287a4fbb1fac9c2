/** `POST /v1/feed/tickets`: a ticket for the caller, offered to `/v1/feed` as the subprotocol `ticket.<ticket>`. */
import type { FastifyInstance } from 'fastify'
import type { FeedTicket } from '../../contract/feed.ts'
import { TICKET_SECONDS, type Tickets } from '../feed/tickets.ts'
import { userOf } from './access.ts'

export function ticketRoute(v1: FastifyInstance, tickets: Tickets): void {
  v1.post('/feed/tickets', (request): FeedTicket => ({ ticket: tickets.issue(userOf(request)), expiresInSeconds: TICKET_SECONDS }))
}

/**
 * Where a webhook may go: to public addresses, over TLS, unless the operator allows others. Addresses are looked at when the connection is made, so that a
 * name that means another address by then (DNS rebinding) gets nowhere.
 */
import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** `http`: without TLS too. `allow`: networks such as `10.1.0.0/16` that are allowed though they are not public. */
export type WebhookReach = { http?: boolean | undefined; allow?: readonly string[] | undefined }

/** Not globally reachable (IANA special-purpose registries), or for another reason nobody's receiver: `169.254.169.254` tells cloud machines their secrets. */
const NOT_PUBLIC_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** All that is given out; of it, tunnels to IPv4 and documentation are not public either. */
const GLOBAL_6 = ['2000::/3']
const NOT_PUBLIC_6 = ['2001::/32', '2001:db8::/32', '2002::/16', '3fff::/20']

export class Reach {
  readonly #isHttpAllowed: boolean
  readonly #allowed: BlockList
  readonly #notPublic = listOf([...NOT_PUBLIC_4, ...NOT_PUBLIC_6])
  readonly #global = listOf(GLOBAL_6)

  constructor({ http = false, allow = [] }: WebhookReach = {}) {
    this.#isHttpAllowed = http
    this.#allowed = listOf(allow)
  }

  /** Why nothing is sent there, as far as the address itself tells; undefined: it may. */
  refuses(url: string): string | undefined {
    if (!URL.canParse(url)) return 'not a URL'
    const { protocol, hostname, username, password } = new URL(url)
    if (protocol !== 'https:' && !(protocol === 'http:' && this.#isHttpAllowed)) return 'https alone'
    if (username !== '' || password !== '') return 'no user or password in it'
    const literal = hostname.replace(/^\[(.*)\]$/, '$1')
    return isIP(literal) !== 0 && !this.allows(literal) ? `${literal} is not a public address` : undefined
  }

  allows(address: string): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (this.#allowed.check(address, family)) return true
    return !this.#notPublic.check(address, family) && (family === 'ipv4' || this.#global.check(address, family))
  }

  /** As `dns.lookup`; fails when any address of the name is none to go to. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    const asked: LookupOptions = { ...options, all: true }
    resolve(hostname, asked, (error, found) => {
      const addresses = (found ?? []) as unknown as LookupAddress[]
      const wrong = addresses.find(({ address }) => !this.allows(address))
      const [first] = addresses
      if (error !== null || wrong !== undefined || first === undefined)
        return done(error ?? new Error(`${hostname}: ${wrong?.address ?? 'no address'} is not a public address`), '', 0)
      if (options.all === true) (done as unknown as (error: null, all: LookupAddress[]) => void)(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, bits === '' ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  return list
}

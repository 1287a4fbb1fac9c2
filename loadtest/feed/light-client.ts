/** A WebSocket client that does as little as it can, so that a thousand of them fit beside the desk that is measured: text frames alone, heads looked at, events not parsed. */
import { createConnection, type Socket } from 'node:net'

export type LightOptions = {
  port: number
  path: string
  headers: Record<string, string>
  /** Each text frame; the bytes are the socket's and hold until it returns. */
  onFrame: (frame: Buffer) => void
  /** With the code the server closed with; undefined: the connection broke off. */
  onClose: (code: number | undefined) => void
}

/** Resolves once the server has taken the upgrade. */
export function openLight({ port, path, headers, onFrame, onClose }: LightOptions): Promise<{ socket: Socket; send(text: string): void }> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  const lines = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.write(`GET ${path} HTTP/1.1\r\n${[...lines, ...given].join('\r\n')}\r\n\r\n`)
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0)
    let isOpen = false
    let code: number | undefined
    socket.on('error', reject)
    socket.on('close', () => (isOpen ? onClose(code) : reject(new Error(`no upgrade: ${rest.toString('latin1').slice(0, 40)}`))))
    socket.on('data', (bytes) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      if (!isOpen) {
        const end = rest.indexOf('\r\n\r\n')
        if (end < 0 || !rest.toString('latin1', 0, 12).endsWith('101')) return
        rest = rest.subarray(end + 4)
        isOpen = true
        resolve({ socket, send: (text) => void socket.write(clientFrame(1, Buffer.from(text))) })
      }
      const { left, closed } = takeFrames(socket, rest, onFrame)
      rest = left
      if (closed !== undefined) {
        code = closed
        socket.end()
      }
    })
  })
}

/** RFC 6455 §5.2, unmasked and in whole, as the desk sends them. */
function takeFrames(socket: Socket, bytes: Buffer, onFrame: (frame: Buffer) => void): { left: Buffer; closed: number | undefined } {
  let at = 0
  while (bytes.length - at >= 2) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length - at < head) break
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (bytes.length - at < head + length) break
    const payload = bytes.subarray(at + head, at + head + length)
    const opcode = (bytes[at] ?? 0) & 0x0f
    if (opcode === 8) return { left: Buffer.alloc(0), closed: length >= 2 ? payload.readUInt16BE(0) : 1005 }
    if (opcode === 9) socket.write(clientFrame(10, payload))
    if (opcode === 1) onFrame(payload)
    at += head + length
  }
  return { left: at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at), closed: undefined }
}

/** Masked with zeros, which leaves the bytes as they are. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const header = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (payload.length < 126 ? payload.length : 126)
  if (payload.length >= 126) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}

/**
 * Sockets of the C library. Deno's cost some ten microseconds for each read and write, more than Redis needs for a
 * command; these cost one or two, as in redis-benchmark. Linux only.
 *
 * @module
 */

const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EPOLLERR = 8;
const EPOLLHUP = 16;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
/** Linux packs `struct epoll_event` on x86-64 and nowhere else. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const EVENT_DATA = Deno.build.arch === "x86_64" ? 4 : 8;
const MAX_EVENTS = 1024;
const LOOPBACK = [127, 0, 0, 1];

function load() {
  return Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    epoll_create1: { parameters: ["i32"], result: "i32" },
    epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
    epoll_pwait2: { parameters: ["i32", "buffer", "i32", "buffer", "pointer"], result: "i32" },
  });
}

/** Connections on the loopback interface, numbered from 0. Every method blocks the thread. */
export class Sockets implements Disposable {
  #c = load().symbols;
  #epoll = this.#c.epoll_create1(0);
  #fds: number[] = [];
  #events = new Uint8Array(MAX_EVENTS * EVENT_BYTES);
  #view = new DataView(this.#events.buffer);
  #timeout = new BigInt64Array(2);
  #timeoutBytes = new Uint8Array(this.#timeout.buffer);

  get count(): number {
    return this.#fds.length;
  }

  /**
   * @param readable whether `wait` reports received bytes; it reports the end of a connection in any case
   * @throws {Error} if a connection cannot be opened
   */
  connect(port: number, count: number, readable = true): void {
    for (let i = 0; i < count; i++) {
      this.#fds.push(-1);
      this.#open(this.count - 1, port, readable);
    }
  }

  /** For a connection that has ended. @throws {Error} if none can be opened */
  reconnect(socket: number, port: number, readable = true): void {
    this.#c.close(this.#fds[socket]);
    this.#open(socket, port, readable);
  }

  #open(socket: number, port: number, readable: boolean): void {
    const fd = this.#fds[socket] = this.#c.socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) throw new Error(`Opening socket ${socket} failed: is the limit of open files (ulimit -n) too low?`);
    const one = new Uint8Array(new Int32Array([1]).buffer);
    this.#c.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, one.length);
    const addr = new Uint8Array(16);
    addr.set([AF_INET, 0, port >> 8, port & 0xff, ...LOOPBACK]);
    if (this.#c.connect(fd, addr, addr.length) < 0) throw new Error(`Connecting to port ${port} failed`);
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, readable ? EPOLLIN : 0, true);
    event.setUint32(EVENT_DATA, socket, true);
    this.#c.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, new Uint8Array(event.buffer));
  }

  /** Waits for room in the send buffer. @throws {Error} if the connection is closed */
  send(socket: number, bytes: Uint8Array<ArrayBuffer>): void {
    for (let rest = bytes; rest.length > 0;) {
      const sent = this.#c.send(this.#fds[socket], rest, BigInt(rest.length), MSG_NOSIGNAL);
      if (sent < 0) throw new Error(`Sending on connection ${socket} failed`);
      rest = rest.subarray(sent);
    }
  }

  /** Returns the number of bytes that the send buffer had room for, 0 also for a closed connection. */
  trySend(socket: number, bytes: Uint8Array<ArrayBuffer>): number {
    const sent = this.#c.send(this.#fds[socket], bytes, BigInt(bytes.length), MSG_NOSIGNAL | MSG_DONTWAIT);
    return Math.max(Number(sent), 0);
  }

  /** Returns the number of bytes, 0 if none have arrived. @throws {Error} if the server closed the connection */
  receive(socket: number, buffer: Uint8Array<ArrayBuffer>): number {
    const received = this.#c.recv(this.#fds[socket], buffer, BigInt(buffer.length), MSG_DONTWAIT);
    if (received === 0) throw new Error(`The server closed connection ${socket}`);
    return Math.max(received, 0);
  }

  /**
   * Returns the number of calls of `ready`: one for each connection that received bytes or ended.
   * @param ms fractions count
   */
  wait(ms: number, ready: (socket: number, ended: boolean) => void): number {
    this.#timeout[0] = BigInt(Math.floor(ms / 1000));
    this.#timeout[1] = BigInt(Math.round((ms % 1000) * 1e6));
    const count = this.#c.epoll_pwait2(this.#epoll, this.#events, MAX_EVENTS, this.#timeoutBytes, null);
    for (let i = 0; i < count; i++) {
      const ended = (this.#view.getUint32(i * EVENT_BYTES, true) & (EPOLLERR | EPOLLHUP)) !== 0;
      ready(this.#view.getUint32(i * EVENT_BYTES + EVENT_DATA, true), ended);
    }
    return count;
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#fds, this.#epoll]) this.#c.close(fd);
  }
}

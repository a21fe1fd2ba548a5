/**
 * Every third-party and `node:` module that okq uses, pinned, with the reason why it was chosen; but for the Redis client,
 * which only a store in Redis loads: it stands in store/redis/deps.ts. Only full specifiers travel with an import by URL,
 * so no import map stands in deno.json. Each loads under `--no-prompt --allow-net`.
 *
 * @module
 */

// Cron expressions, in any time zone and through changes of its clocks: what is easily got wrong. It has no dependencies.
export { Cron } from "npm:croner@11.0.1";

// SQLite, built into Deno: nothing to install, and it compiles into an executable.
export { DatabaseSync, type StatementSync } from "node:sqlite";

// Command line flags, from the runtime's own standard library.
export { parseArgs } from "node:util";

// The hash by which Redis remembers a script, without having to wait for it; what passwords are kept and compared by
// (scrypt costs a thief of the file memory too, which WebCrypto's PBKDF2 does not); a look at certificates before their use.
export {
  createHash,
  createHmac,
  createPrivateKey,
  randomBytes,
  scrypt,
  timingSafeEqual,
  X509Certificate,
} from "node:crypto";

// A callback behind everything that arrived in this turn of the event loop, which no timer is so soon.
export { setImmediate } from "node:timers";

// How long the processor has worked for this process.
export { cpuUsage } from "node:process";

// The type of byte strings that the Redis client and hashes take.
export { Buffer } from "node:buffer";

// TLS that asks clients for certificates, which Deno.listenTls cannot, over streams that it is given; built into Deno.
export { createServer as createTlsServer, type TLSSocket as TlsSocket } from "node:tls";
export { Duplex } from "node:stream";

// What the operators' page is made of, as text that is handed to browsers: components, templates for them, and charts.
// All are small, ask for no build step, and have no dependencies.
export { default as preactText } from "npm:preact@11.2.0" with { type: "text" };
export { default as preactHooksText } from "npm:preact@11.2.0/hooks" with { type: "text" };
export { default as htmText } from "npm:htm@3.1.1" with { type: "text" };
export { default as uplotText } from "npm:uplot@1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
export { default as uplotStyleText } from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };

/**
 * The Redis client: a list of its own, for its 500 modules take longer to load than all others of okq.
 *
 * @module
 */

// The official Redis client, in the version of client/deps.ts: Cluster, Pub/Sub, TLS and both protocols, with no
// dependencies of its own. Of the alternatives, @db/redis has no Sentinel and sends one command at a time, and ioredis
// asks for more permissions.
export { ClientOfflineError, createClient, createCluster, ErrorReply } from "npm:@redis/client@6.3.1";

/**
 * Logs what operators do, by commands and by HTTP.
 *
 * @module
 */
import { StoreUnavailable } from "../store/store.ts";
import type { User } from "./auth/user.ts";
import type { ServerContext } from "./context.ts";
import type { LogFields } from "./log.ts";

/** Who acts: a client or a request. */
interface Operator {
  readonly server: Pick<ServerContext, "log">;
  readonly user: User | undefined;
  readonly addr: string;
}

/**
 * @param action in lower case, as in `pause`
 * @param fields what it was applied to, and the number that it changed, which may be 0
 */
export function logAction({ server, user, addr }: Operator, action: string, fields: LogFields): void {
  server.log.info("Operator action", { action, user: user?.name, addr, ...fields });
}

/**
 * Logs an action when it is done, or if its outcome is unknown; not if it was refused or certainly not done.
 * @param work resolves to further fields
 */
export async function logActionOf<Result extends { changed: number }>(
  { server, user, addr }: Operator, // as they are when it begins
  action: string,
  fields: LogFields,
  work: Promise<Result>,
): Promise<Result> {
  try {
    const result = await work;
    logAction({ server, user, addr }, action, { ...fields, ...result });
    return result;
  } catch (error) {
    if (error instanceof StoreUnavailable && error.outcomeUnknown) {
      server.log.warn("Operator action: outcome unknown", { action, user: user?.name, addr, ...fields, error });
    }
    throw error;
  }
}

/**
 * Log lines of what administrators change.
 *
 * @module
 */
import { StoreUnavailable } from "../store/store.ts";
import type { User } from "./auth/user.ts";
import type { ServerContext } from "./context.ts";
import type { LogFields } from "./log.ts";

/** Who does something. */
export interface Actor {
  readonly server: Pick<ServerContext, "log">;
  readonly user: User;
  readonly addr: string;
}

/**
 * Runs an action and logs what it returns, unless that says that nothing changed.
 * @param action in lower case, as in `pause`
 * @param fields what it applies to
 */
export async function audited<Result extends { changed: number }>(
  { server: { log }, user, addr }: Actor,
  action: string,
  fields: LogFields,
  run: () => Promise<Result>,
): Promise<Result> {
  const about = { action, user: user.name, addr, ...fields };
  try {
    const result = await run();
    if (result.changed > 0) log.info("Operator action", { ...about, ...result });
    return result;
  } catch (error) {
    if (error instanceof StoreUnavailable && error.outcomeUnknown) {
      log.warn("Operator action: outcome unknown", { ...about, error });
    }
    throw error;
  }
}

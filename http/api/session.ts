import { ROLES } from "../../core/auth/user.ts";
import { VERSION } from "../../core/version.ts";
import { getRoute } from "./get.ts";
import { MAX_CONTENTS_BYTES } from "./push.ts";

/** Who looks, and what at. */
export const session = getRoute({
  path: "/api/me",
  role: "any",
  look: ({ user, server }) => ({
    user: user.name,
    roles: ROLES.filter((role) => user.has(role)),
    version: VERSION,
    port: server.port,
    since: server.startedAt,
    maxContents: Math.min(server.maxEventBytes, MAX_CONTENTS_BYTES),
  }),
});

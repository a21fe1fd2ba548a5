import { ROLES } from "../../core/auth/user.ts";
import { VERSION } from "../../core/version.ts";
import { MAX_CONTENTS_BYTES } from "./event_actions.ts";
import { getRoute } from "./get.ts";

export const session = getRoute({
  path: "/api/session",
  role: "any",
  get: ({ user, server }) => ({
    user: user.name,
    roles: ROLES.filter((role) => user.has(role)),
    version: VERSION,
    port: server.port,
    startedAt: server.startedAt,
    maxContents: Math.min(server.maxEventBytes, MAX_CONTENTS_BYTES),
  }),
});

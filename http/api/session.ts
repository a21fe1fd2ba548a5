import { ROLES } from "../../core/auth/user.ts";
import { VERSION } from "../../core/version.ts";
import { looking } from "./get.ts";
import { MAX_CONTENTS_BYTES } from "./push.ts";

/** Who looks, and what at. */
export const me = looking({
  path: "/api/me",
  role: "any",
  look: ({ user, okq }) => ({
    user: user.name,
    roles: ROLES.filter((role) => user.has(role)),
    version: VERSION,
    port: okq.port,
    since: okq.since,
    maxContents: Math.min(okq.maxEventBytes, MAX_CONTENTS_BYTES),
  }),
});

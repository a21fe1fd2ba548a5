import { ROLES } from "../../core/auth/user.ts";
import { VERSION } from "../../core/version.ts";
import { instantOf, json } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, INSTANT, INTEGER, jsonOf, object, STRING } from "../schemas.ts";

export const session = route({
  method: "GET",
  path: "/session",
  role: "any",
  about: {
    operation: "session",
    summary: "Returns the user of the request, and what the server is",
    responses: {
      200: jsonOf(
        "The user and the server",
        object({
          user: STRING,
          roles: arrayOf({ type: "string", enum: ROLES }),
          version: STRING,
          port: { type: "integer", description: "Of the protocol" },
          "started-at": INSTANT,
          "max-event-bytes": INTEGER,
        }),
      ),
    },
  },
  handle: ({ user, server }) =>
    json({
      user: user.name,
      roles: ROLES.filter((role) => user.has(role)),
      version: VERSION,
      port: server.port,
      "started-at": instantOf(server.startedAt),
      "max-event-bytes": server.maxEventBytes,
    }),
});

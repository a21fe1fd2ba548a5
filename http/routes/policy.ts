/**
 * The policy of a queue, with the names of QCONFIG and times in seconds.
 *
 * @module
 */
import { CommandError } from "../../core/command_spec.ts";
import { logActionOf } from "../../core/operator_log.ts";
import { checkDeadQueue, POLICY_FIELDS, type PolicyField } from "../../core/policy_fields.ts";
import { printable } from "../../resp/printable.ts";
import { DEFAULT_POLICY, type Policy } from "../../store/policy.ts";
import type { Schema } from "../parameters.ts";
import { bytesOf, HttpError, json, readJson } from "../response.ts";
import { type RequestContext, route } from "../route.ts";
import { BYTES_OR_NULL, jsonContent, jsonOf, object } from "../schemas.ts";

const MAX_BODY_BYTES = 16 * 1024;

const PATH = "/queues/{queue}/policy";

function schemaOf({ kind, min, max }: PolicyField): Schema {
  if (kind === "queue") return { ...BYTES_OR_NULL, description: "Null: the queue's name followed by :dead" };
  const description = kind === "seconds" ? { description: "In seconds" } : {};
  return { type: kind === "count" ? "integer" : "number", minimum: min, maximum: max, ...description };
}

const FIELDS = Object.fromEntries(Object.entries(POLICY_FIELDS).map(([name, field]) => [name, schemaOf(field)]));
export const POLICY = object(FIELDS);

/** No field is required; null stands for its default. */
const CHANGE = {
  type: "object",
  properties: Object.fromEntries(
    Object.entries(FIELDS).map((
      [name, schema],
    ) => [name, "type" in schema ? { ...schema, type: [schema.type, "null"] } : schema]),
  ),
  minProperties: 1,
  additionalProperties: false,
};

const encoder = new TextEncoder();

/** The policy in JSON. */
export function policyOf(policy: Policy): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(POLICY_FIELDS).map(([name, { key, kind }]) => {
      const value = policy[key];
      return [name, kind === "seconds" ? (value as number) / 1000 : value];
    }),
  );
}

export const policy = route({
  method: "GET",
  path: PATH,
  role: "inspect",
  about: {
    operation: "getPolicy",
    summary: "Returns the policy of a queue",
    responses: { 200: jsonOf("The policy", POLICY) },
  },
  handle: async ({ path: { queue }, server: { store } }) => json(policyOf(await store.policy(queue))),
});

export const setPolicy = route({
  method: "PUT",
  path: PATH,
  role: "admin",
  about: {
    operation: "setPolicy",
    summary: "Sets fields of the policy of a queue",
    description: "Fields that are not given stay as they are; null sets the default.",
    body: jsonContent(CHANGE),
    responses: { 200: jsonOf("The policy after the change", POLICY) },
    errors: [408, 413],
  },
  async handle(context) {
    const { path: { queue }, body, server, user } = context;
    const given = readJson(await body.read(MAX_BODY_BYTES, "the request body"), Object.keys(POLICY_FIELDS));
    const fields = Object.entries(given);
    if (fields.length === 0) throw new HttpError(400, "the request body must have a field of the policy");
    const change: Partial<Policy> = Object.fromEntries(
      fields.map(([name, value]) => [POLICY_FIELDS[name].key, readField(name, value)]),
    );
    await checkDeadQueue(server.store, user, queue, change);
    const text = fields.map(([name, value]) => `${name} ${printable(encoder.encode(textOf(value)))}`).join(" ");
    return await changed(context, change, text);
  },
});

export const resetPolicy = route({
  method: "DELETE",
  path: PATH,
  role: "admin",
  about: {
    operation: "resetPolicy",
    summary: "Resets all fields of the policy of a queue to their defaults",
    responses: { 200: jsonOf("The policy after the change", POLICY) },
  },
  handle: (context) => changed(context, null, "reset"),
});

async function changed(
  { path: { queue }, server, user, peer: { addr } }: RequestContext<typeof PATH>,
  change: Partial<Policy> | null,
  fields: string,
): Promise<Response> {
  const set = server.store.setPolicy(queue, change).then(() => ({ changed: 1 }));
  await logActionOf({ server, user, addr }, "policy", { queue, fields }, set);
  return json(policyOf(await server.store.policy(queue)));
}

/** @throws {HttpError | CommandError} */
function readField(name: string, value: unknown): Policy[keyof Policy] {
  const { key, kind, read } = POLICY_FIELDS[name];
  if (value === null) return DEFAULT_POLICY[key];
  if (kind === "queue") return read(bytesOf(value, name), name);
  if (typeof value === "number") return read(encoder.encode(`${value}`), name);
  throw new CommandError(`ERR ${name} must be a number or null`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

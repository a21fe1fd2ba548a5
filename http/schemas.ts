/**
 * Schemas of what is in JSON, for the OpenAPI document.
 *
 * @module
 */
import type { Schema } from "./parameters.ts";
import type { Content } from "./route.ts";

/** What other schemas refer to. */
export const COMPONENTS: Record<string, Schema> = {
  Bytes: {
    description: "A byte string: text if it is valid UTF-8, else its base64",
    oneOf: [
      { type: "string" },
      { type: "object", properties: { base64: { type: "string" } }, required: ["base64"], additionalProperties: false },
    ],
  },
  Error: object({ error: { type: "string", description: "One line that says what is wrong" } }),
};

export const BYTES = { $ref: "#/components/schemas/Bytes" };
export const BYTES_OR_NULL = { oneOf: [BYTES, { type: "null" }] };
export const ERROR = { $ref: "#/components/schemas/Error" };
/** Bytes as they are. */
export const BINARY = {};
export const STRING = { type: "string" };
export const INTEGER = { type: "integer" };
export const BOOLEAN = { type: "boolean" };
export const SECONDS = { type: "number", description: "In seconds" };
export const SECONDS_OR_NULL = { type: ["number", "null"], description: "In seconds" };
export const INSTANT = { type: "string", format: "date-time" };
export const CHANGED = { type: "integer", description: "The number of events or queues that changed" };
/** The responses of actions that return only how much they changed. */
export const DONE = { 200: jsonOf("It was done", object({ changed: CHANGED })) };
/** The body of actions on several events. */
export const IDS = { type: "array", items: BYTES, minItems: 1 };

/** @param properties that are always there */
export function object(properties: Record<string, Schema>, others: Record<string, Schema> = {}): Schema {
  return { type: "object", properties: { ...properties, ...others }, required: Object.keys(properties) };
}

export function arrayOf(items: Schema): Schema {
  return { type: "array", items };
}

export function jsonContent(schema: Schema): Content {
  return { type: "application/json", schema };
}

/** A response of JSON. */
export function jsonOf(description: string, schema: Schema): { description: string; content: Content } {
  return { description, content: jsonContent(schema) };
}

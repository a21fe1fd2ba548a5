/**
 * The OpenAPI document, made from the table of routes.
 *
 * @module
 */
import { VERSION } from "../core/version.ts";
import { type Parameter, PATH_PARAMETERS, type PathName, type Schema } from "./parameters.ts";
import { json } from "./response.ts";
import { type About, type Content, type Route, route } from "./route.ts";
import { COMPONENTS, ERROR, jsonContent } from "./schemas.ts";

/** What a status of an error means. */
const ERRORS: Record<number, string> = {
  400: "A parameter or the body is wrong",
  401: "The login is missing or wrong",
  403: "The user may not do this",
  404: "There is no such event, or no such delivery of it",
  408: "The body did not arrive in time",
  409: "The queue holds this id",
  410: "The cursor is no longer valid",
  413: "The body or the contents are too long",
  429: "The queue is full, or too many clients wait",
  503: "The store is unavailable, or okq is busy or stopping; the text says whether anything was done",
};

/** Of every route that needs a login. */
const COMMON_ERRORS = [400, 401, 403, 503];

export function openApi(routes: () => readonly Route[]): Route {
  return route({
    method: "GET",
    path: "/openapi.json",
    role: "any",
    about: {
      operation: "openApi",
      summary: "Returns this document",
      responses: { 200: { description: "The document", content: jsonContent({ type: "object" }) } },
    },
    handle: () => json(document(routes())),
  });
}

/** The document for the routes that say something about themselves. */
export function document(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    if (!route.about) continue;
    const path = paths[route.path] ??= { ...parametersOf("path", pathParameters(route.path)) };
    path[route.method.toLowerCase()] = operationOf(route, route.about);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "okq",
      version: VERSION,
      summary: "An at-least-once event queue server",
      description: "Names and ids in paths and queries are percent-encoded bytes. docs/http.md has an example of each.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ basic: [] }],
    paths,
    components: { securitySchemes: { basic: { type: "http", scheme: "basic" } }, schemas: COMPONENTS },
  };
}

function operationOf({ role, query = {} }: Route, about: About): Record<string, unknown> {
  const { operation, summary, description, headers = {}, body, responses, errors = [] } = about;
  const isOpen = role === "open";
  return {
    operationId: operation,
    summary,
    ...description ? { description } : {},
    ...role === "any" || isOpen ? {} : { "x-okq-role": role },
    ...isOpen ? { security: [] } : {},
    ...parametersOf("query", Object.entries(query), headers),
    ...body ? { requestBody: { required: true, content: contentOf(body) } } : {},
    responses: {
      ...Object.fromEntries(Object.entries(responses).map(([status, response]) => [status, responseOf(response)])),
      ...Object.fromEntries([...isOpen ? [] : COMMON_ERRORS, ...errors].map((status) => [
        status,
        { description: ERRORS[status], content: contentOf(jsonContent(ERROR)) },
      ])),
    },
  };
}

function pathParameters(path: string): [name: string, parameter: Parameter<unknown>][] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, PATH_PARAMETERS[name as PathName]]);
}

function parametersOf(
  place: "path" | "query",
  parameters: [name: string, parameter: Parameter<unknown, boolean>][],
  headers: Record<string, { schema: Schema; description: string }> = {},
): { parameters?: unknown[] } {
  const all = [
    ...parameters.map(([name, { schema, description, required }]) => ({
      name,
      in: place,
      ...place === "path" || required ? { required: true } : {},
      schema,
      description,
    })),
    ...Object.entries(headers).map(([name, header]) => ({ name, in: "header", ...header })),
  ];
  return all.length > 0 ? { parameters: all } : {};
}

function responseOf(response: About["responses"][number]): Record<string, unknown> {
  if (typeof response === "string") return { description: response };
  return { description: response.description, content: contentOf(...[response.content].flat()) };
}

function contentOf(...contents: Content[]): Record<string, { schema: Schema }> {
  return Object.fromEntries(contents.map(({ type, schema }) => [type, { schema }]));
}

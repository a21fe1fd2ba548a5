import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { httpUrl } from "../support/http.ts";
import { promtool, promtoolTest } from "../support/promtool.ts";
import { readSource } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
}

const DASHBOARD = JSON.parse(await readSource("deploy/grafana.json"));
const PANELS: Panel[] = DASHBOARD.panels;
const TARGETS: Target[] = PANELS.flatMap(({ targets = [] }) => targets);

/** Metrics that the dashboard does not show. `okq_registrations` is the sum of what it shows as consumers of queues. */
const LEFT_OUT = ["okq_registrations"];

/** Labels that Prometheus adds. */
const OF_TARGET = ["job", "instance"];

/** The labels of every metric of two okq that had some use, by the name of its samples. */
async function scrape(): Promise<Map<string, Set<string>>> {
  const labels = new Map<string, Set<string>>();
  const use = async (idleTimeoutMs: number, commands: string[][], metric: string) => {
    const server = await serveForTest("sqlite::memory:", {
      httpAddr: { hostname: "127.0.0.1", port: 0 },
      idleTimeoutMs,
    });
    try {
      await using client = await connect(server.addr);
      for (const command of commands) await client.command(...command);
      await eventually(async () => {
        const text = await (await fetch(`${httpUrl(server)}/metrics`)).text();
        for (const [, name, all = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
          labels.set(name, new Set(Array.from(all.matchAll(/(\w+)="/g), ([, label]) => label)));
        }
        assert.ok(labels.has(metric));
      });
    } finally {
      await server.close();
    }
  };
  await use(0, [["QLPUSH", "q", "1", ""], ["QLPUSH", "q", "2"], ["QRPOP", "q"]], "okq_queue_ready");
  await use(1, [], "okq_connections_hung_up_total");
  return labels;
}

const METRICS = await scrape();

/** The metrics that an expression names, each with the labels that it asks for. */
function selectorsOf(expr: string): { name: string; labels: string[] }[] {
  return Array.from(expr.matchAll(/\b((?:okq|process)_\w+)(?:\{([^}]*)\})?/g), ([, name, matchers = ""]) => {
    return { name, labels: Array.from(matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g), ([, label]) => label) };
  });
}

Deno.test("The dashboard asks for metrics and labels that okq has", () => {
  const queries = DASHBOARD.templating.list.flatMap(({ query }: { query: { query?: string } }) => query.query ?? []);
  for (const expr of [...TARGETS.map(({ expr }) => expr), ...queries]) {
    const selectors = selectorsOf(expr);
    assert.ok(selectors.length > 0, expr);
    for (const { name, labels } of selectors) {
      assert.ok(METRICS.has(name), `${name} in ${expr}`);
      const known = [...METRICS.get(name)!, ...OF_TARGET];
      assert.deepEqual(labels.filter((label) => !known.includes(label)), [], expr);
      assert.ok(labels.includes("job") || expr.startsWith("label_values("), expr);
    }
  }
});

Deno.test("The dashboard groups and names its series by labels that they have", () => {
  for (const { expr, legendFormat = "" } of TARGETS) {
    const known = selectorsOf(expr).flatMap(({ name }) => [...METRICS.get(name)!, ...OF_TARGET]);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, labels]) => labels.split(/, */));
    assert.deepEqual(grouped.flat().filter((label) => !known.includes(label)), [], expr);
    const kept = /^(sum|min|max|count|histogram_quantile)\b/.test(expr)
      ? grouped.flat()
      : [...known, ...grouped.flat()];
    const named = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => label);
    assert.deepEqual(named.filter((label) => !kept.includes(label)), [], `${legendFormat} of ${expr}`);
  }
});

Deno.test("The dashboard shows every metric but those that are left out on purpose", () => {
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
  const shown = new Set(TARGETS.flatMap(({ expr }) => selectorsOf(expr).map(({ name }) => base(name))));
  const hidden = new Set([...METRICS.keys()].map(base).filter((name) => !shown.has(name)));
  assert.deepEqual([...hidden], LEFT_OUT);
});

Deno.test("The dashboard's panels have their own ids and places, and its variables exist", () => {
  assert.equal(new Set(PANELS.map(({ id }) => id)).size, PANELS.length);
  const taken = new Set<string>();
  for (const { title, gridPos: { x, y, w, h }, targets = [] } of PANELS) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let cell = 0; cell < w * h; cell++) {
      const place = `${x + cell % w} ${y + Math.floor(cell / w)}`;
      assert.ok(!taken.has(place), `${title} covers another panel`);
      taken.add(place);
    }
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
  }
  const variables = DASHBOARD.templating.list.map(({ name }: { name: string }) => name);
  const used = JSON.stringify(DASHBOARD).matchAll(/\$\{?([a-z]\w*)/g);
  assert.deepEqual(new Set(Array.from(used, ([, name]) => name)), new Set(variables));
});

promtoolTest("promtool accepts the dashboard's expressions", async () => {
  const rules = TARGETS.map(({ expr }, i) => ({
    record: `panel:${i}`,
    expr: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, "x"),
  }));
  const file = await Deno.makeTempFile({ suffix: ".yml" });
  try {
    await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "okq", rules }] })); // JSON is YAML
    const { success, text } = await promtool(["check", "rules", file]);
    assert.ok(success, text);
  } finally {
    await Deno.remove(file);
  }
});

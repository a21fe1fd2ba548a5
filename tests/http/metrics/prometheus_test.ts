import { Histogram } from "../../../core/metrics/histogram.ts";
import { MetricsText } from "../../../http/metrics/prometheus.ts";
import { assert } from "../../deps.ts";

Deno.test("MetricsText writes help and type before the samples of a metric", () => {
  const metrics = new MetricsText();
  metrics.gauge("a", "What is.", [1], [2.5, { x: "y", z: "" }]);
  metrics.counter("b_total", "What was.", [3]);
  metrics.gauge("none", "Nothing.");
  assert.equal(
    metrics.text,
    "# HELP a What is.\n# TYPE a gauge\na 1\n" + 'a{x="y",z=""} 2.5\n' +
      "# HELP b_total What was.\n# TYPE b_total counter\nb_total 3\n",
  );
});

Deno.test("MetricsText writes histograms cumulatively, in the unit of the name", () => {
  const times = new Histogram(1, 3);
  for (const ms of [1, 2, 2, 700]) times.add(ms);
  const metrics = new MetricsText();
  metrics.histogram("t_seconds", "Time.", 1 / 1000, [times, { command: "x" }]);
  assert.deepEqual(metrics.text.split("\n").slice(2, -1), [
    't_seconds_bucket{command="x",le="0.001"} 1',
    't_seconds_bucket{command="x",le="0.002"} 3',
    't_seconds_bucket{command="x",le="+Inf"} 4',
    't_seconds_sum{command="x"} 0.705',
    't_seconds_count{command="x"} 4',
  ]);
});

Deno.test("labelsText escapes any value", () => {
  const metrics = new MetricsText();
  metrics.gauge("a", "What is.", [1, { queue: 'a"b\\c\nd{}' }]);
  assert.ok(metrics.text.endsWith('\na{queue="a\\"b\\\\c\\nd{}"} 1\n'), metrics.text);
});

/**
 * Line charts of the last minutes.
 *
 * @module
 */
import { rate } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor.js";

const HEIGHT = 170;
/** Minimum distance of times on the axis, in pixels. */
const TIME_WIDTH = 90;
/** Lines differ in more than colour. */
const DASHES = [[], [6, 4], [2, 3]];

/**
 * @param points oldest first, each with its time `at`
 * @param series each `{ label, value }`; `value` computes a line's value from a point and the point before it
 */
export function Chart({ title, points, series }) {
  const container = useRef();
  const chart = useRef();
  const dark = useDarkMode();
  useEffect(() => {
    const drawn = chart.current = draw(container.current, series);
    const resizeObserver = new ResizeObserver(([{ contentRect: { width } }]) =>
      width > 0 && drawn.setSize({ width, height: HEIGHT })
    );
    resizeObserver.observe(container.current);
    return () => {
      resizeObserver.disconnect();
      drawn.destroy();
    };
  }, [dark]);
  const lines = series.map(({ value }) => points.map((point, i) => value(point, points[i - 1])));
  useEffect(() => chart.current.setData([points.map(({ at }) => at / 1000), ...lines]), [points, dark]);
  const now = series.map(({ label }, i) => `${label} ${rate(lines[i].at(-1) ?? 0)}`).join(", ");
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <div ref=${container} class="chart" role="img" aria-label="${title} in the last minutes; now ${now}" />
      <ul class="legend">
        ${series.map(({ label }, i) => html`<li class="line-${i}">${label}</li>`)}
      </ul>
    </figure>
  `;
}

function draw(container, series) {
  const style = getComputedStyle(container);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return new globalThis.uPlot(
    {
      width: container.clientWidth,
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_chart, _min, max) => [0, Math.max(1, max)] } },
      axes: [
        { ...axis, space: TIME_WIDTH, values: (_chart, ticks) => ticks.map(timeOfDay) },
        { ...axis, size: 60, values: (_chart, ticks) => ticks.map(rate) },
      ],
      series: [
        {},
        ...series.map(({ label }, i) => ({
          label,
          stroke: colour(`--line-${i}`),
          width: 2,
          dash: DASHES[i],
          points: { show: false },
        })),
      ],
    },
    [[], ...series.map(() => [])],
    container,
  );
}

function timeOfDay(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

function useDarkMode() {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const changed = () => setDark(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return dark;
}

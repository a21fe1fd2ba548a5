/**
 * A chart of the last minutes.
 *
 * @module
 */
import { rate } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor.js";

const HEIGHT = 170;
/** The least room for a time on the axis. */
const TIME_WIDTH = 90;
/** So that lines can be told apart without their colours. */
const DASHES = [[], [6, 4], [2, 3]];

/**
 * Lines over time.
 * @param points the oldest first, each with its time `at`
 * @param series `{ label, figure }` each: the figure of a point, which may look at the one before
 */
export function Chart({ title, points, series }) {
  const place = useRef();
  const chart = useRef();
  const dark = useDark();
  useEffect(() => {
    const made = chart.current = draw(place.current, series);
    const sizes = new ResizeObserver(([{ contentRect: { width } }]) =>
      width > 0 && made.setSize({ width, height: HEIGHT })
    );
    sizes.observe(place.current);
    return () => {
      sizes.disconnect();
      made.destroy();
    };
  }, [dark]);
  const lines = series.map(({ figure }) => points.map((point, i) => figure(point, points[i - 1])));
  useEffect(() => chart.current.setData([points.map(({ at }) => at / 1000), ...lines]), [points, dark]);
  const now = series.map(({ label }, i) => `${label} ${rate(lines[i].at(-1) ?? 0)}`).join(", ");
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <div ref=${place} class="chart" role="img" aria-label="${title} in the last minutes; now ${now}" />
      <ul class="legend">
        ${series.map(({ label }, i) => html`<li class="line-${i}">${label}</li>`)}
      </ul>
    </figure>
  `;
}

function draw(place, series) {
  const style = getComputedStyle(place);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return new globalThis.uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most)] } },
      axes: [
        { ...axis, space: TIME_WIDTH, values: (_chart, ticks) => ticks.map(clock) },
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
    place,
  );
}

/** The time of day. */
function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

function useDark() {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const changed = () => setDark(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return dark;
}

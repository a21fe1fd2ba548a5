import { count } from "./format.js";
import { html } from "./vendor.js";

const [WIDTH, HEIGHT] = [100, 24];

/** @param name what the values are, for screen readers */
export function Sparkline({ values, name }) {
  const max = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, i) =>
    `${(i * step).toFixed(1)},${(HEIGHT - 1 - value / max * (HEIGHT - 2)).toFixed(1)}`
  );
  const label = `${name} in the last minutes: at most ${count(max)}, ${count(values.at(-1))} now`;
  return html`
    <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <polyline points=${points.join(" ")} vector-effect="non-scaling-stroke" />
    </svg>
  `;
}

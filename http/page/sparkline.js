import { count } from "./format.js";
import { html } from "./vendor.js";

const [WIDTH, HEIGHT] = [100, 24];

/** A line as high as a line of text: how a number has been in the last minutes. */
export function Spark({ numbers, of }) {
  const most = Math.max(1, ...numbers);
  const step = WIDTH / Math.max(1, numbers.length - 1);
  const points = numbers.map((number, i) =>
    `${(i * step).toFixed(1)},${(HEIGHT - 1 - number / most * (HEIGHT - 2)).toFixed(1)}`
  );
  const label = `${of} in the last minutes: at most ${count(most)}, ${count(numbers.at(-1))} now`;
  return html`
    <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <polyline points=${points.join(" ")} vector-effect="non-scaling-stroke" />
    </svg>
  `;
}

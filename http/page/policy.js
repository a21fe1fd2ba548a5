/**
 * The policy of a queue.
 *
 * @module
 */
import { openPolicyDialog } from "./actions.js";
import { count } from "./format.js";
import { linkTo } from "./location.js";
import { Name } from "./name.js";
import { html } from "./vendor.js";

/** As they are set: not rounded. */
const seconds = (ms) => `${(ms / 1000).toLocaleString("en", { maximumFractionDigits: 3 })} s`;

/** @param data the queue */
export function Policy({ queue, data: { policy, deadQueue, origins }, tools: { session, openDialog } }) {
  const { maxAttempts, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
  const isUsed = maxAttempts > 0 || policy.deadQueue !== null || origins.length === 0;
  const rows = [
    ["Attempts", maxAttempts === 0 ? "no limit" : count(maxAttempts)],
    ["Dead queue", isUsed ? html`<a href=${linkTo({ queue: deadQueue })}><${Name} bytes=${deadQueue} /></a>` : "none"],
    ["Backoff", backoffMs === 0 ? "none" : seconds(backoffMs)],
    ["Longest backoff", backoffMaxMs === 0 ? "no limit" : seconds(backoffMaxMs)],
    ["Most events", maxLength === 0 ? "no limit" : count(maxLength)],
    ["Lease", seconds(leaseMs)],
  ];
  return html`
    <section aria-labelledby="policy">
      <div class="heading">
        <h2 id="policy">Policy</h2>
        ${session.roles.includes("admin") && html`
          <button onClick=${() => openPolicyDialog(openDialog, queue, policy)}>Edit the policy</button>
        `}
      </div>
      <dl class="properties small" aria-label="Policy">
        ${rows.map(([name, value]) =>
          html`
            <div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>
          `
        )}
      </dl>
    </section>
  `;
}

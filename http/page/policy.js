/**
 * The policy of a queue.
 *
 * @module
 */
import { openPolicyDialog } from "./actions.js";
import { count, duration } from "./format.js";
import { linkTo } from "./location.js";
import { Name } from "./name.js";
import { html } from "./vendor.js";

/** @param data the queue */
export function Policy({ queue, data: { policy, deadQueue }, tools: { session, openDialog } }) {
  const { maxAttempts, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
  const rows = [
    ["Attempts", maxAttempts === 0 ? "no limit" : count(maxAttempts)],
    ["Dead queue", html`<a href=${linkTo({ queue: deadQueue })}><${Name} bytes=${deadQueue} /></a>`],
    ["Backoff", backoffMs === 0 ? "none" : duration(backoffMs)],
    ["Longest backoff", backoffMaxMs === 0 ? "no limit" : duration(backoffMaxMs)],
    ["Greatest length", maxLength === 0 ? "no limit" : count(maxLength)],
    ["Lease", duration(leaseMs)],
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

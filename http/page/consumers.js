/**
 * The connections that consume a queue.
 *
 * @module
 */
import { path, usePoll } from "./api.js";
import { display } from "./bytes.js";
import { count, duration, plural } from "./format.js";
import { Ago } from "./time.js";
import { html, useState } from "./vendor.js";

const POLL_INTERVAL_MS = 3000;

/** Open on demand. @param total consumers on all okq instances */
export function Consumers({ total, ...props }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <details onToggle=${({ target }) => setOpen(target.open)}>
      <summary><h2>Who consumes: ${plural(total, "consumer")}</h2></summary>
      ${isOpen && html`<${Connections} total=${total} ...${props} />`}
    </details>
  `;
}

function Connections({ queue, total, session }) {
  const { data, error } = usePoll(path`queues/${queue}/consumers`, {}, POLL_INTERVAL_MS);
  const here = data?.consumers.filter(({ registered }) => registered).length ?? 0;
  const isAll = data && data.found === data.consumers.length;
  return html`
    <p><small>
      Connections to this okq, on port ${session.port}, that registered the queue or hold events of it (QCLAIM with
      HOLD). okq does not know which connection has the other events that are being processed.
      ${isAll && total > here && ` Registered at other okq instances: ${count(total - here)}.`}
    </small></p>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data &&
      (data.found === 0
        ? html`<p>No connection to this okq consumes the queue.</p>`
        : html`<${Table} consumers=${data.consumers} />`)}
    ${data && !isAll && html`<p>The first ${count(data.consumers.length)} of ${plural(data.found, "connection")}.</p>`}
  `;
}

/** An address that may be broken after its colons. */
function breakable(addr) {
  return addr.split(":").map((part, i) => html`${i > 0 && html`:<wbr />`}${part}`);
}

function Table({ consumers }) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of consumers">
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col" class="text">Name</th>
            <th scope="col" class="text wide">User</th>
            <th scope="col">Connected</th>
            <th scope="col" class="wide">Idle</th>
            <th scope="col">Holds</th>
          </tr>
        </thead>
        <tbody>
          ${consumers.map(({ id, addr, name, library, user, connected, idle, registered, held }) =>
            html`
              <tr key=${id}>
                <th scope="row" class="address">${breakable(addr)} ${!registered &&
                  html`<small>not registered</small>`}</th>
                <td class="text">${name === "" ? "–" : display(name)} ${library !== "" && html`
                  <small>${display(library)}</small>
                `}</td>
                <td class="text wide">${user}</td>
                <td>
                  <${Ago} seconds=${connected} />
                </td>
                <td class="wide">${duration(idle)}</td>
                <td>${count(held)}</td>
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}

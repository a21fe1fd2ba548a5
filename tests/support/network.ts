/**
 * A network of its own for a test, with two links to it: Linux network namespaces, which need root and `ip`.
 *
 * @module
 */

/** A network namespace that is reached over two links. */
export class Network implements AsyncDisposable {
  /** Its addresses, one on each link. */
  readonly addrs: readonly [string, string];
  readonly #name: string;
  readonly #links: readonly string[];

  private constructor(name: string, links: readonly string[], addrs: readonly [string, string]) {
    this.#name = name;
    this.#links = links;
    this.addrs = addrs;
  }

  /** Makes one with these settings of the kernel, as in `{ "net.ipv4.tcp_keepalive_time": 1 }`. */
  static async open(settings: Record<string, number>): Promise<Network> {
    const id = crypto.randomUUID().slice(0, 8);
    const name = `okq-${id}`;
    const links = [`okq-${id}-0`, `okq-${id}-1`];
    // From the range for tests of networks, 198.18.0.0/15, which nothing else uses.
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    const address = (last: number) => `198.${18 + (random >> 15)}.${random >> 7 & 255}.${(random & 31) * 8 + last}`;
    const network = new Network(name, links, [address(2), address(6)]);
    try {
      await ip("netns", "add", name);
      for (const [i, link] of links.entries()) {
        await ip("link", "add", link, "type", "veth", "peer", "name", `in${i}`, "netns", name);
        await ip("address", "add", `${address(4 * i + 1)}/30`, "dev", link);
        await ip("link", "set", link, "up");
        await ip("-n", name, "address", "add", `${network.addrs[i]}/30`, "dev", `in${i}`);
        await ip("-n", name, "link", "set", `in${i}`, "up");
      }
      const lines = Object.entries(settings).map(([name, value]) =>
        `echo ${value} > /proc/sys/${name.replaceAll(".", "/")}`
      );
      await run([...network.within, "sh", "-c", lines.join(" && ")]);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The beginning of a command line that runs the rest in this network. */
  get within(): string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** Cuts a link: nothing arrives from then on, and neither side is told. */
  async cut(link: 0 | 1): Promise<void> {
    await ip("link", "set", this.#links[link], "down");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) await ip("link", "delete", link).catch(() => {}); // it was not made
    await ip("netns", "delete", this.#name);
  }
}

function ip(...args: string[]): Promise<void> {
  return run(["ip", ...args]);
}

async function run([command, ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

async function works(): Promise<string | undefined> {
  try {
    await using _network = await Network.open({ "net.ipv4.tcp_keepalive_time": 1 });
    return undefined;
  } catch (error) {
    return `no network namespaces: ${(error as Error).message}`;
  }
}

/** Whether tests can make one, or why not. */
export const lacksNetworks: string | undefined = Deno.build.os !== "linux"
  ? "network namespaces need Linux"
  : Deno.uid() !== 0
  ? "network namespaces need root"
  : await works();

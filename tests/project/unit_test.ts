import { assert } from "../deps.ts";
import { Program } from "../support/process.ts";
import { programTest } from "../support/programs.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { connect } from "../support/wire.ts";

const UNIT = await readSource("deploy/okq.service");

/** The value of a setting. */
function setting(name: string): string {
  return new RegExp(`^${name}=(.*)$`, "m").exec(UNIT)![1];
}

/**
 * Binds what is in the cache, not the cache itself: its folder may be readable by its owner only. Other programs make
 * files in it and remove them.
 */
const BIND_CACHE = `
  mount -t tmpfs -o mode=755 tmpfs "$FOLDER/deno"
  for entry in "$DENO_DIR"/*; do
    bound="$FOLDER/deno/\${entry##*/}"
    if [ -d "$entry" ]; then mkdir "$bound"; else touch "$bound"; fi
    mount --bind "$entry" "$bound" || { [ ! -e "$entry" ] && rm "$bound"; }
  done
`;

const USER = "61184"; // of those that systemd gives to services with DynamicUser

/**
 * What the sandbox of the unit comes to, apart from its filter of system calls: everything is read-only but the state
 * directory, homes and temporary folders are empty, devices are few, and there are no privileges.
 */
const SANDBOX = `
  mount --make-rprivate /
  ${BIND_CACHE}
  mount --bind "$SOURCE" "$FOLDER/source"
  mount --bind "$FOLDER/state" "$FOLDER/state"
  mount -o remount,ro,bind /
  for folder in /root /home /tmp /var/tmp /dev; do mount -t tmpfs tmpfs "$folder"; done
  for device in null:3 zero:5 random:8 urandom:9; do mknod -m 666 "/dev/\${device%:*}" c 1 "\${device#*:}"; done
  mount -o remount,ro /dev
  ! touch /usr/okq 2>/dev/null
  ulimit -n "$LIMIT"
  umask "$UMASK"
  cd "$FOLDER/state"
  exec setpriv --reuid ${USER} --regid ${USER} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
    env -i DENO_DIR="$FOLDER/deno" NO_COLOR=1 "$@"
`;

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Only root may make such a sandbox, and Deno must not be in a home. */
const canSandbox = Deno.build.os === "linux" && Deno.uid() === 0 &&
  !/^\/(root|home|tmp|var\/tmp)\//.test(Deno.execPath()) &&
  await new Deno.Command("unshare", { args: ["--mount", "true"], stderr: "null" }).output()
    .then(({ success }) => success, () => false);

/** Runs the commands of okq-backup.service as the user of the unit. */
async function backUp(folder: string, denoDir: string): Promise<void> {
  const unit = await readSource("deploy/okq-backup.service");
  const commands = [...unit.matchAll(/^ExecStart=\/bin\/sh -euc '(.*)'$/gm)].map(([, command]) => command);
  assert.equal(commands.length, 2);
  const script = `
    FOLDER="${folder}" DENO_DIR="${denoDir}"
    ${BIND_CACHE}
    export DENO_DIR="${folder}/deno"
    mount --bind "${ROOT.pathname}" "${folder}/source"
    okq() {
      "${Deno.execPath()}" run --no-prompt --no-check --cached-only -RW "${folder}/source/server.ts" "$@"
    }
    ${commands.join("\n").replaceAll("%%", "%").replaceAll("/var/lib/okq", `${folder}/state`)}
  `;
  const setpriv = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"];
  const [mounts, rest] = script.split("    okq() {");
  const { success, stderr } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-euc", `${mounts} exec "$@"`, "sh", ...setpriv, "sh", "-euc", `okq() {${rest}`],
    cwd: folder,
    env: { DENO_DIR: `${folder}/deno`, NO_COLOR: "1" },
    stdout: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function withStateFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: "/var/lib", prefix: "okq_test_" });
  try {
    await Deno.chmod(folder, 0o755);
    for (const name of ["deno", "source", "state"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.chmod(`${folder}/state`, Number.parseInt(setting("StateDirectoryMode"), 8));
    await Deno.chown(`${folder}/state`, Number(USER), Number(USER));
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

programTest(`okq runs in the sandbox of the unit, reloads and stops${canSandbox ? "" : " (skipped)"}`, async () => {
  if (!canSandbox) return;
  const [, options] = /^Environment="OPTIONS=(.+)"$/m.exec(UNIT)!;
  assert.equal(setting("ExecStart"), "/usr/local/bin/okq $OPTIONS");
  await withStateFolder(async (folder) => {
    const args = options.replace(setting("WorkingDirectory"), `${folder}/state`).split(" ");
    const env = {
      FOLDER: folder,
      DENO_DIR: await denoDir(),
      SOURCE: ROOT.pathname,
      LIMIT: setting("LimitNOFILE"),
      UMASK: setting("UMask"),
    };
    const backups = `${folder}/state/backup`;
    await Deno.mkdir(backups);
    await Deno.chown(backups, Number(USER), Number(USER));
    for (const pushed of ["+OK", "-ERR duplicate event id"]) {
      await using okq = new Program(["--listen-addr", "127.0.0.1:0", ...args], {
        within: ["unshare", "--mount", "sh", "-euc", SANDBOX, "sh"],
        permissions: ["--cached-only", "--allow-net", "--allow-read", "--allow-write"], // of deno task compile
        main: `${folder}/source/server.ts`,
        env,
      });
      await using client = await connect(await okq.addr());
      assert.equal(await client.command("QLPUSH", "q", "id", "contents"), pushed);
      await backUp(folder, env.DENO_DIR);
      okq.kill("SIGHUP");
      assert.equal(await client.command("PING"), "+PONG");
      const { uid, mode } = await Deno.stat(`${folder}/state/okq.db`);
      assert.deepEqual([`${uid}`, mode! & 0o777], [USER, 0o600]);
      const names = await Array.fromAsync(Deno.readDir(backups), ({ name }) => name);
      assert.ok(names.length > 0 && names.every((name) => /^okq-\d{8}T\d{6}\.db$/.test(name)), `${names}`);
      okq.kill("SIGTERM");
      const { code, stderr } = await okq.ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, / info Reloaded .*/);
      assert.ok(!/ (warn|error) /.test(stderr), stderr);
    }
  });
});

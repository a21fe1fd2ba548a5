import { assert } from "../deps.ts";
import { hasLuacheck, luacheck, luaScripts } from "../support/luacheck.ts";

const ignore = !await hasLuacheck();
const shown = (name: string) => ignore ? `${name} (skipped: no luacheck on this machine)` : name;

for (const [script, source] of await luaScripts()) {
  Deno.test({
    name: shown(`luacheck finds nothing in ${script}`),
    ignore,
    fn: async () => assert.equal(await luacheck(script, source), ""),
  });
}

Deno.test({
  name: shown("luacheck finds undefined, unused and shadowing variables, and errors of syntax"),
  ignore,
  async fn() {
    assert.match(await luacheck("script", "return redis.call(nothing)"), /undefined variable 'nothing'\n {4}return/);
    assert.match(await luacheck("script", "nothing = 1"), /non-standard global variable 'nothing'/);
    assert.match(await luacheck("script", "local one = 1"), /unused variable 'one'/);
    assert.match(await luacheck("script", "return function(one) return 1 end"), /unused argument 'one'/);
    const shadowing = "local one = 1\nreturn function(two) local one = two; return one end, one";
    assert.match(await luacheck("script", shadowing), /shadowing/);
    assert.match(await luacheck("script", "local local"), /expected identifier/);
  },
});

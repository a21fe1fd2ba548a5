import { readSecrets, signatureHeaders } from "../../../../client/cli/consume/signature.ts";
import { assert } from "../../../deps.ts";
import { withFolder } from "../../../support/programs.ts";

async function secretsOf(text: string): Promise<CryptoKey[]> {
  let secrets: CryptoKey[] = [];
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret`, text);
    secrets = await readSecrets(`${folder}/secret`);
  });
  return secrets;
}

// Computed with Python's hmac over msg_1.1614265330.{"test": 1}.
const SIGNED = [
  ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "pAJ+2CQ3+N6E7H+Tf1Lee1V3d/TMhYQ2KqhOSemiwqA="],
  ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "Bsjsk3iNLPb3Xc4PNZQK6LRBajCwZVuAoVb6Z88tuBI="],
];

Deno.test("signatureHeaders signs id, time and contents, by each secret", async () => {
  const secrets = await secretsOf(SIGNED.map(([secret]) => ` ${secret}\r\n`).join("\n"));
  const contents = new TextEncoder().encode('{"test": 1}');
  assert.deepEqual(await signatureHeaders(secrets, "msg_1", contents, 1614265330_999), {
    "webhook-id": "msg_1",
    "webhook-timestamp": "1614265330",
    "webhook-signature": SIGNED.map(([, signature]) => `v1,${signature}`).join(" "),
  });
});

for (const text of ["", "\n", "not base64!", "c2hvcnQ=", `whsec_${btoa("x".repeat(65))}`, `${SIGNED[0][0]}\nshort`]) {
  Deno.test(`readSecrets refuses ${JSON.stringify(text)}`, async () => {
    await assert.rejects(secretsOf(text), /^Error: Cannot use the secret in ".*": each line must be 24 to 64 bytes/);
  });
}

Deno.test("readSecrets says that it cannot read its file", async () => {
  await assert.rejects(readSecrets("/no/such/file"), /^Error: Cannot read the secret of --secret-file: .*os error 2/);
});

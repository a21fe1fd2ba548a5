import { encodeCommand } from "../../resp/client/encode_command.ts";
import { Output } from "../../resp/encode.ts";
import { countArguments, EncodedArguments } from "../../resp/encoded_arguments.ts";
import { assert } from "../deps.ts";
import { keyOf } from "../../store/bytes.ts";

Deno.test("EncodedArguments stand for the arguments that they were made of", () => {
  const binary = Uint8Array.of(0, 0xff, 0x0d, 0x0a);
  const args = ["FCALL", "é", "", binary, "12345678901", new Uint8Array(70_000)];
  for (let from = 0; from <= args.length; from++) {
    for (let to = from; to <= args.length; to++) {
      const parts = [...args.slice(0, from), new EncodedArguments(args.slice(from, to)), ...args.slice(to)];
      assert.equal(countArguments(parts), args.length);
      const output = new Output();
      output.command(parts);
      let sent = "";
      while (output.length > 0) sent += keyOf(output.take());
      assert.equal(sent, keyOf(encodeCommand(args)));
    }
  }
});

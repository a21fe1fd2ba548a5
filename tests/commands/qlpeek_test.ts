import { forEachStore } from "../stores.ts";
import { peekTests } from "./peek.ts";

await forEachStore((store) => peekTests(store, "QLPEEK"));

import { forEachStore } from "../support/stores.ts";
import { peekTests } from "./shared/peek.ts";

await forEachStore((store) => peekTests(store, "QLPEEK"));

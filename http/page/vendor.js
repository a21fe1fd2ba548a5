/**
 * The libraries of the page: Preact, its hooks and htm. okq serves them beside this file; `deps.ts` pins their versions.
 *
 * @module
 */
// @ts-ignore: exists only as a served file
import { h, render } from "./preact.js";
// @ts-ignore: exists only as a served file
import { useEffect, useRef, useState } from "./hooks.js";
// @ts-ignore: exists only as a served file
import htm from "./htm.js";

/** Template tag that makes elements. Inserted values become text, never HTML. */
const html = htm.bind(h);

export { html, render, useEffect, useRef, useState };

/**
 * What the page is written with: Preact, its hooks, and templates. For browsers okq serves the three beside this file;
 * `deps.ts` says where it has them from.
 *
 * @module
 */
// @ts-ignore: beside this file only for browsers
import { h, render } from "./preact.js";
// @ts-ignore: beside this file only for browsers
import { useEffect, useRef, useState } from "./hooks.js";
// @ts-ignore: beside this file only for browsers
import htm from "./htm.js";

/** Makes elements of a template. What is put into one is text, never HTML. */
const html = htm.bind(h);

export { html, render, useEffect, useRef, useState };

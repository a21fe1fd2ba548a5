/**
 * The libraries of the page, served beside this file; `deps.ts` pins their versions.
 *
 * @module
 */
// @ts-ignore: exists only as a served file
import { h, render } from "./preact.js";
// @ts-ignore: exists only as a served file
import { useEffect, useRef, useState } from "./hooks.js";
// @ts-ignore: exists only as a served file
import htm from "./htm.js";

/** Inserted values become text, never HTML. */
const html = htm.bind(h);

export { html, render, useEffect, useRef, useState };

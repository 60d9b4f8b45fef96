// Everything by keyboard. Single letters act only while no field is being filled in.

import { $, h } from "./dom.js";
import { showLoupe, hideLoupe } from "./loupe.js";
import { redo, undo } from "./session.js";
import { arm, chooseArm, chooseTool, panel, select, state } from "./state.js";
import { drawCursor, fit, look, pan, reveal, zoom } from "./stage.js";
import { act, commitSelected, deleteSelected, finishRedraw, moveFrame, moveSelected, placeOfSelected, sendFrame, TOOLS, waypoint } from "./tools.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let pending = null; // what is sent once the arrows rest

function later(work) {
  clearTimeout(pending?.timer);
  pending = { work, timer: setTimeout(flush, 600) };
}

function flush() {
  const now = pending;
  pending = null;
  clearTimeout(now?.timer);
  hideLoupe();
  now?.work();
}

function nudge([dx, dy], event) {
  if (event.ctrlKey || event.metaKey) return pan((dx * look.width) / 10, (dy * look.height) / 10);
  const frame = state.tool === "frame" && panel().frame;
  const step = state.selected || frame ? (event.shiftKey ? 2 : 0.25) : event.shiftKey ? 10 : 1;
  if (frame) {
    // Plain arrows move the left and bottom edge (the axes), with Alt the others.
    const edge = dx ? (event.altKey ? 2 : 0) : event.altKey ? 1 : 3;
    moveFrame([edge], { x: frame[edge] + dx * step, y: frame[edge] + dy * step });
    return later(sendFrame);
  }
  if (state.selected) {
    const at = placeOfSelected();
    moveSelected({ x: at.x + dx * step, y: at.y + dy * step });
    const now = placeOfSelected();
    state.cursor = now;
    drawCursor();
    showLoupe(now);
    return later(commitSelected);
  }
  const from = state.cursor ?? { x: look.x + look.width / 2, y: look.y + look.height / 2 };
  state.cursor = { x: Math.round((from.x + dx * step) * 4) / 4, y: Math.round((from.y + dy * step) * 4) / 4 };
  reveal(state.cursor);
  drawCursor();
  showLoupe(state.cursor);
  return later(() => undefined);
}

function stepDrop(by) {
  const one = arm();
  if (!one?.drops.length) return;
  const from = state.selected?.kind === "drop" ? state.selected.index : by > 0 ? -1 : one.drops.length;
  const index = Math.min(Math.max(from + by, 0), one.drops.length - 1);
  select({ kind: "drop", index });
  const at = placeOfSelected();
  state.cursor = at;
  reveal(at);
  drawCursor();
}

function enter(event) {
  if (pending) return flush();
  if (!state.cursor) return undefined;
  if (["redraw", "draw"].includes(state.tool)) return event.shiftKey ? finishRedraw() : waypoint(state.cursor);
  return act(state.cursor);
}

function escape() {
  clearTimeout(pending?.timer);
  pending = null;
  hideLoupe();
  select(null);
  chooseTool("select");
}

export const KEYS = [
  ["Arrow keys", "move the cursor by 1 px (Shift: 10), or what is selected by 0.25 px (Shift: 2); Ctrl: pan"],
  ["Enter", "act at the cursor with the chosen tool; while redrawing: add a point"],
  ["Shift+Enter", "finish redrawing"],
  [", .", "previous, next drop of the chosen arm"],
  ["1 – 9", "choose an arm"],
  ["Delete", "delete what is selected"],
  ["Escape", "let go; back to Select"],
  ["+ − 0", "zoom in, out, whole figure"],
  ["B", "overlay, figure alone, reconstruction alone; Shift+B lets them alternate"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["A W Q", "accept, needs work, reject"],
  ["J K L", "next figure, previous figure, all figures"],
  ["?", "this list"],
];

export function startKeys(actions) {
  const single = {
    ",": () => stepDrop(-1), ".": () => stepDrop(1), "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit,
    b: actions.blink, B: actions.alternate, a: () => actions.decide("accepted"), w: () => actions.decide("needs work"), q: () => actions.decide("rejected"),
    j: () => actions.go(1), k: () => actions.go(-1), l: actions.openQueue, "?": actions.openHelp, Delete: deleteSelected, Backspace: deleteSelected,
    Enter: enter, Escape: escape,
  };
  for (const [tool, key] of TOOLS) single[key.toLowerCase()] = () => chooseTool(tool);
  document.addEventListener("keydown", (event) => {
    if (!state.view || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      (event.shiftKey ? redo : undo)();
      return;
    }
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onStage = document.activeElement === $("figure");
    if (ARROWS[event.key]) {
      if (!onStage) return;
      event.preventDefault();
      nudge(ARROWS[event.key], event);
      return;
    }
    if (command || event.altKey) return;
    if (event.key === "Enter" && !onStage) return;
    if (/^[1-9]$/.test(event.key) && Number(event.key) <= panel().arms.length) return void chooseArm(Number(event.key) - 1);
    const work = single[event.key] ?? (event.shiftKey ? undefined : single[event.key.toLowerCase()]);
    if (work) {
      event.preventDefault();
      work(event);
    }
  });
  const rows = [...TOOLS.map(([, key, , what]) => [key, what]), ...KEYS];
  $("help-table").replaceChildren(h("table", {}, h("tbody", {}, rows.map(([key, what]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, what))))));
}

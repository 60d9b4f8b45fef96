// What the pointer and the Enter key do at a place of the figure, by the tool that is chosen.

import { $, clamp, h } from "./dom.js";
import { hideLoupe, showLoupe } from "./loupe.js";
import { send, sendTicks } from "./session.js";
import { arm, chooseArm, choosePanel, chooseTool, emit, on, panel, panels, say, select, state } from "./state.js";
import { drawCursor, hideCursor, drawFrame, drawHandles, drawTicks, pan, redrawArm, scale, tickPlace, toFigure, zoom } from "./stage.js";

const svg = $("figure");
const NEAR = 9; // screen px within which something is grabbed

export const TOOLS = [
  ["select", "V", "Select", "Choose and drag drops, ticks and marks; drag the ground to pan"],
  ["add", "D", "Add drop", "Click where the chosen curve drops"],
  ["redraw", "R", "Redraw", "Draw along the chosen curve; the line snaps to its ink"],
  ["draw", "N", "New arm", "Draw along a curve that was not found"],
  ["mark", "M", "Mark", "Click where the chosen arm has a censor mark"],
  ["swap", "X", "Swap", "Click on the other curve where the two change places"],
  ["split", "C", "Split", "Click where the chosen curve becomes another arm"],
  ["merge", "G", "Merge", "Click on the curve that belongs to the chosen one"],
  ["end", "E", "End", "Click where the chosen curve ends"],
  ["frame", "F", "Frame", "Drag an edge of the plotting region"],
];

function nearest(points, at, reach = NEAR) {
  let best = null;
  let least = reach / scale();
  points.forEach(([x, y], index) => {
    const away = Math.hypot(x - at.x, y - at.y);
    if (away <= least) [least, best] = [away, index];
  });
  return best;
}

function rowAt(one, x) {
  let y = one.start[1];
  for (const drop of one.drops) {
    if (drop[0] > x) break;
    y = drop[1];
  }
  return y;
}

function awayFrom(one, at) {
  if (at.x < one.start[0] - NEAR / scale() || at.x > one.end + NEAR / scale()) return Infinity;
  let away = Math.abs(rowAt(one, at.x) - at.y);
  let before = one.start[1];
  for (const [x, y] of one.drops) {
    if (at.y >= Math.min(before, y) && at.y <= Math.max(before, y)) away = Math.min(away, Math.abs(x - at.x));
    before = y;
  }
  return away;
}

export function armNear(at, reach = NEAR, not = -1) {
  let best = null;
  let least = reach / scale();
  panel().arms.forEach((one, index) => {
    const away = index === not || state.hidden.has(`${state.panel}/${index}`) ? Infinity : awayFrom(one, at);
    if (away <= least) [least, best] = [away, index];
  });
  return best;
}

function tickNear(at) {
  const one = panel();
  for (const axis of ["x", "y"]) {
    const places = one[axis].ticks.map((tick) => Object.values(tickPlace(one, axis, tick)));
    const index = nearest(places, at, NEAR + 3);
    if (index !== null) return { kind: "tick", axis, index };
  }
  return null;
}

function thingNear(at) {
  const one = arm();
  const drop = one && state.layers.curves ? nearest(one.drops, at) : null;
  if (drop !== null) return { kind: "drop", index: drop };
  const mark = one?.marks && state.layers.marks ? nearest(one.marks, at) : null;
  if (mark !== null) return { kind: "mark", index: mark };
  return state.layers.ticks ? tickNear(at) : null;
}

const needsArm = () => arm() !== null || (say("Choose a curve first.", true), false);

// One click, or Enter, with the chosen tool.
export function act(at) {
  const tool = state.tool;
  if (tool === "select") {
    const thing = thingNear(at);
    if (thing) return select(thing);
    const index = armNear(at);
    if (index !== null) return chooseArm(index);
    const within = panels().findIndex((one) => one.frame && at.x > one.frame[0] && at.x < one.frame[2] && at.y > one.frame[1] && at.y < one.frame[3]);
    if (within >= 0 && within !== state.panel) return choosePanel(within);
    return select(null);
  }
  if (tool === "tick") return addTick(at);
  if (tool === "frame" || tool === "draw") return undefined;
  if (!needsArm()) return undefined;
  const chosen = { arm: state.arm };
  if (tool === "add") return send({ kind: "add_drop", ...chosen, ...at });
  if (tool === "mark") return send({ kind: "add_mark", ...chosen, x: at.x });
  if (tool === "end") return send({ kind: "end", ...chosen, x: at.x });
  if (tool === "split") return send({ kind: "split", ...chosen, x: at.x });
  if (tool === "swap" || tool === "merge") {
    const other = armNear(at, 40, state.arm) ?? (panel().arms.length === 2 ? 1 - state.arm : null);
    if (other === null) return say("Click nearer to the other curve.", true);
    return send(tool === "swap" ? { kind: "swap", ...chosen, other, x: at.x } : { kind: "merge", ...chosen, other });
  }
  return undefined;
}

function addTick(at) {
  const axis = state.tickAxis;
  state.pendingTicks[axis].push({ px: axis === "x" ? at.x : at.y, value: null, label: "", inlier: true });
  chooseTool("select");
  emit("pending", axis);
}

export function finishRedraw() {
  const path = state.waypoints;
  const drawn = state.tool;
  state.waypoints = [];
  drawHandles();
  if (path.length < 2) return;
  const target = drawn === "draw" ? null : state.arm;
  if (drawn === "redraw" && !needsArm()) return;
  send({ kind: "redraw", arm: target, path, snap: state.snap }).then((done) => {
    if (done && drawn === "draw") chooseArm(panel().arms.length - 1);
  });
}

export function waypoint(at) {
  state.waypoints.push([at.x, at.y]);
  drawHandles();
}

// Moves what is selected to a place, on the page only; `commit` sends it.
export function moveSelected(at) {
  const one = arm();
  const picked = state.selected;
  if (picked.kind === "drop") {
    const before = one.drops[picked.index - 1] ?? one.start;
    const after = one.drops[picked.index + 1] ?? [Math.max(one.end, at.x), at.y];
    const [low, high] = [Math.min(before[1], after[1]), Math.max(before[1], after[1])];
    one.drops[picked.index] = [clamp(at.x, before[0], after[0]), clamp(at.y, low, high)];
    redrawArm();
  } else if (picked.kind === "mark") {
    one.marks[picked.index] = [at.x, rowAt(one, at.x)];
    drawHandles();
  } else {
    panel()[picked.axis].ticks[picked.index].px = picked.axis === "x" ? at.x : at.y;
    drawTicks();
  }
}

export function placeOfSelected() {
  const picked = state.selected;
  if (picked.kind === "tick") return tickPlace(panel(), picked.axis, panel()[picked.axis].ticks[picked.index]);
  const [x, y] = (picked.kind === "drop" ? arm().drops : arm().marks)[picked.index];
  return { x, y };
}

export function commitSelected() {
  const picked = state.selected;
  const at = placeOfSelected();
  if (picked.kind === "drop") return send({ kind: "move_drop", arm: state.arm, drop: picked.index, ...at });
  if (picked.kind === "tick") return sendTicks(picked.axis, picked.index);
  return send({ kind: "delete_mark", arm: state.arm, mark: picked.index }).then((done) => done && send({ kind: "add_mark", arm: state.arm, x: at.x }));
}

export function deleteSelected() {
  const picked = state.selected;
  if (picked?.kind === "drop") return send({ kind: "delete_drop", arm: state.arm, drop: picked.index });
  if (picked?.kind === "mark") return send({ kind: "delete_mark", arm: state.arm, mark: picked.index });
  if (picked?.kind === "tick") return sendTicks(picked.axis, picked.index, { remove: true });
  return say("Nothing is selected. An arm is removed in the list of arms.", true);
}

function frameEdges(at) {
  const [left, top, right, bottom] = panel().frame;
  const reach = 12 / scale();
  const near = [Math.abs(at.x - left), Math.abs(at.y - top), Math.abs(at.x - right), Math.abs(at.y - bottom)];
  const edges = near.map((away, index) => (away < reach ? index : null)).filter((index) => index !== null);
  return edges.length ? edges : [near.indexOf(Math.min(...near))];
}

export function moveFrame(edges, at) {
  const frame = [...panel().frame];
  for (const edge of edges) frame[edge] = edge % 2 ? at.y : at.x;
  if (frame[0] < frame[2] && frame[1] < frame[3]) panel().frame = frame;
  drawFrame();
  drawTicks();
}

export const sendFrame = () => send({ kind: "frame", frame: panel().frame });

let drag = null;
let queued = null;

function dragged() {
  const at = queued;
  queued = null;
  if (!drag || !at) return;
  if (drag.kind === "pan") return;
  state.cursor = at;
  drawCursor();
  if (drag.kind === "thing") moveSelected(at);
  else if (drag.kind === "frame") moveFrame(drag.edges, at);
  else drawHandles();
  showLoupe(drag.kind === "thing" ? placeOfSelected() : at);
}

svg.addEventListener("pointerdown", (event) => {
  if (!state.view || event.button > 1) return;
  svg.focus({ preventScroll: true });
  const at = toFigure(event);
  const start = { clientX: event.clientX, clientY: event.clientY };
  state.cursor = at;
  if (event.button === 1 || event.altKey) drag = { kind: "pan", start };
  else if (["redraw", "draw"].includes(state.tool)) {
    state.waypoints = [[at.x, at.y]];
    drag = { kind: "path", start };
  } else if (state.tool === "frame" && panel().frame) drag = { kind: "frame", edges: frameEdges(at), start };
  else if (state.tool === "frame") {
    panel().frame = [at.x, at.y, at.x + 1, at.y + 1];
    drag = { kind: "frame", edges: [2, 3], start };
  } else if (state.tool === "select") {
    const thing = thingNear(at);
    select(thing);
    drag = thing ? { kind: "thing", start } : { kind: "pan", start, click: at };
  } else drag = { kind: "click", start, click: at };
  svg.setPointerCapture(event.pointerId);
  event.preventDefault();
});

svg.addEventListener("pointermove", (event) => {
  if (!state.view) return;
  const at = toFigure(event);
  if (!drag) {
    state.cursor = at;
    return drawCursor();
  }
  drag.moved ||= Math.hypot(event.clientX - drag.start.clientX, event.clientY - drag.start.clientY) > 3;
  if (!drag.moved) return;
  if (drag.kind === "pan") {
    const last = drag.last ?? drag.start;
    pan((last.clientX - event.clientX) / scale(), (last.clientY - event.clientY) / scale());
    drag.last = { clientX: event.clientX, clientY: event.clientY };
    return;
  }
  if (drag.kind === "path") state.waypoints.push([at.x, at.y]);
  if (!queued) requestAnimationFrame(dragged);
  queued = at;
});

function released(event) {
  if (!drag) return;
  const done = drag;
  if (queued) dragged();
  drag = null;
  hideLoupe();
  if (event.type === "pointercancel") return;
  if (!done.moved) {
    if (done.click) act(done.click);
    if (done.kind === "path") state.waypoints = [];
    drawHandles();
  } else if (done.kind === "thing") commitSelected();
  else if (done.kind === "frame") sendFrame();
  else if (done.kind === "path") finishRedraw();
}

svg.addEventListener("pointerleave", () => {
  if (!drag && document.activeElement !== svg) hideCursor();
});
svg.addEventListener("blur", hideCursor);
svg.addEventListener("pointerup", released);
svg.addEventListener("pointercancel", released);
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (state.view) zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), toFigure(event));
}, { passive: false });

function drawToolbar() {
  $("tools").replaceChildren(
    ...TOOLS.map(([tool, key, label, what]) =>
      h("button", {
        type: "button", title: `${what} (${key})`, "aria-pressed": String(state.tool === tool), "data-tool": tool,
        onclick: () => { chooseTool(tool); svg.focus(); },
      }, label, h("kbd", { "aria-hidden": "true" }, key))),
    h("label", { class: "snap", title: "Redrawn lines keep to the ink" },
      h("input", { type: "checkbox", checked: state.snap, onchange: (event) => { state.snap = event.target.checked; } }), "Snap"),
  );
}

on("tool", () => {
  drawToolbar();
  const chosen = TOOLS.find(([tool]) => tool === state.tool);
  if (chosen && chosen[0] !== "select") say(chosen[3] + ".");
});
drawToolbar();

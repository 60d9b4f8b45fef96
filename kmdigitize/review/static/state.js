// What the page knows and what is chosen on it; whoever draws something listens here.

export const state = {
  figures: [],
  number: 0,
  view: null,
  all: [], // its panels
  panel: 0,
  arm: 0,
  tool: "select",
  selected: null, // { kind: "drop" | "mark" | "tick", index, axis? }
  cursor: null, // { x, y } in px of the figure
  waypoints: [], // of a redraw by keyboard
  pendingTicks: { x: [], y: [] },
  tickAxis: "x",
  snap: true,
  show: "overlay", // "figure", "rebuilt"
  layers: { text: false, risk: false, frame: true, ticks: true, rebuilt: false, curves: true, marks: true },
  hidden: new Set(),
  who: null, // the reviewer's name, once known
  message: "",
};

const listeners = new Map();

export function on(event, listener) {
  listeners.set(event, [...(listeners.get(event) ?? []), listener]);
}

export function emit(event, detail) {
  for (const listener of listeners.get(event) ?? []) listener(detail);
}

export function say(message, fault = false) {
  state.message = message;
  emit("message", { message, fault });
}

const NO_AXIS = { slope: null, intercept: null, ticks: [], rms_px: 0, source: "", pinned: false };

function unread(name, frame, reason) {
  return {
    name, frame, reason, title: "", arms: [], flags: [], checks: [], consistency: [], risk: { times: [], rows: [], cells: [] },
    x: NO_AXIS, y: NO_AXIS, direction: "down", percent: false, time_unit: "", end_point: "", reported: null,
  };
}

// Every panel of the figure: those with curves first, then those that could not be read.
function panelsOf(view) {
  const read = new Set(view.panels.map((panel) => panel.name));
  const rest = view.skipped.filter((one) => !read.has(one.name)).map((one) => unread(one.name, one.frame, one.reason));
  const all = [...view.panels, ...rest];
  return all.length ? all : [unread("1", null, view.error?.message ?? "")];
}

export const panels = () => (state.view ? state.all : []);
export const panel = () => panels()[state.panel] ?? panels()[0];
export const arm = () => panel()?.arms[state.arm] ?? null;

export function choosePanel(index) {
  state.panel = index;
  chooseArm(0);
}

export function chooseArm(index) {
  state.arm = index;
  state.selected = null;
  emit("chosen");
}

export function select(selected) {
  state.selected = selected;
  emit("selected");
}

export function chooseTool(tool) {
  state.tool = tool;
  state.waypoints = [];
  emit("tool");
}

// Time and survival (as printed) at a place of the figure, null without axes.
export function valuesAt(at, of = panel()) {
  if (!of || of.x.slope === null || of.y.slope === null) return null;
  return { time: of.x.intercept + of.x.slope * at.x, value: of.y.intercept + of.y.slope * at.y };
}

export function setView(view) {
  const same = state.view && state.view.name === view.name;
  state.view = view;
  state.who ||= view.who;
  state.all = panelsOf(view);
  if (!same) {
    state.panel = 0;
    state.arm = 0;
    state.hidden.clear();
    state.pendingTicks = { x: [], y: [] };
  }
  state.panel = Math.min(state.panel, panels().length - 1);
  state.arm = Math.min(state.arm, Math.max(0, panel().arms.length - 1));
  const picked = state.selected;
  const count = picked?.kind === "drop" ? arm()?.drops.length : picked?.kind === "mark" ? arm()?.marks?.length : panel()[picked?.axis]?.ticks.length;
  if (picked && !(picked.index < (count ?? 0))) state.selected = null;
  emit("view", { fresh: !same });
}

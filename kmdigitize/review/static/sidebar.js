// The right-hand side: verdict, flags, arms, numbers at risk, axes, layers, record of corrections.

import { $, h, refill, round } from "./dom.js";
import { reportedForm } from "./reported.js";
import { explain, send, sendTicks } from "./session.js";
import { chooseArm, choosePanel, chooseTool, emit, on, panel, panels, say, select, state } from "./state.js";
import { reveal, tickPlace } from "./stage.js";

const closed = new Set(["Axes", "Reported", "Layers", "Corrections"]);

function section(title, count, ...content) {
  const details = h("details", { open: !closed.has(title), ontoggle: (event) => (event.target.open ? closed.delete(title) : closed.add(title)) },
    h("summary", { "data-key": `section ${title}` }, h("h2", {}, title), count === null ? null : h("span", { class: "count" }, count)), ...content);
  return details;
}

const kindOf = (verdict) => ({ agrees: "good", differs: "bad", failed: "bad", "cannot say": "open" })[verdict] ?? "none";

function verdicts(one) {
  const row = (check) => [h("tr", {},
    h("th", { scope: "row" }, check.quantity, h("small", {}, check.subject)),
    h("td", { class: "number" }, check.reported), h("td", { class: "number" }, check.found ?? "–"),
    h("td", {}, h("span", { class: `pill ${kindOf(check.verdict)}` }, check.verdict))),
    check.reason ? h("tr", { class: "reason" }, h("td", { colspan: 4 }, check.reason)) : null];
  if (!one.checks.length && !one.consistency.length) {
    return [h("p", { class: "quiet" }, "Nothing is reported to compare with. State it under “Reported”.")];
  }
  const table = (rows, caption) => h("table", { class: "checks" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...["Quantity", "Reported", "Found", "Verdict"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.flatMap(row)));
  return [table(one.checks, "Patients against the paper"),
    one.consistency.length ? table(one.consistency, "Reported numbers against each other") : null].filter(Boolean);
}

function flags(one) {
  const seen = one.flags;
  if (!seen.length) return [h("p", { class: "quiet" }, "No doubts.")];
  return [h("ul", { class: "flags" }, seen.map((flag) => h("li", {}, h("code", {}, flag.code), " ", flag.meaning, flag.detail ? h("small", {}, flag.detail) : null)))];
}

const whole = (text) => (text.trim() === "" ? null : Number(text));

function armRow(it, index) {
  const key = `${state.panel}/${index}`;
  const change = (what) => (event) => {
    const given = event.target.value;
    if (what === "name" || what === "color") return given !== it[what] && send({ kind: "arm", arm: index, [what]: given });
    const count = whole(given);
    return count !== null && count !== it[what] && send({ kind: "arm", arm: index, [what]: count });
  };
  const field = (what, label, value, attributes) => h("input", { "data-key": `arm ${index} ${what}`, "aria-label": `${label} of ${it.name}`, value, onchange: change(what), ...attributes });
  return h("li", { class: index === state.arm ? "chosen" : "" },
    h("div", { class: "line" },
      h("button", { type: "button", class: "number", "data-key": `arm ${index}`, "aria-pressed": String(index === state.arm), "aria-label": `Bring ${it.name} to the front`, onclick: () => chooseArm(index) }, String(index + 1)),
      h("span", { class: "swatch", "data-color": it.shown, "aria-hidden": "true" }),
      field("name", "Name", it.name, { type: "text", class: "name" }),
      h("button", { type: "button", "data-key": `arm ${index} hide`, "aria-pressed": String(!state.hidden.has(key)), "aria-label": `Show ${it.name}`, title: "Show or hide", onclick: () => toggle(key) }, state.hidden.has(key) ? "○" : "●"),
      h("button", { type: "button", "data-key": `arm ${index} remove`, "aria-label": `Remove ${it.name}`, title: "Remove this arm", onclick: () => send({ kind: "remove", arm: index }) }, "✕")),
    h("div", { class: "line small" },
      h("label", {}, "patients ", field("n", "Patients", it.n === null ? "" : it.n, { type: "number", min: 0, placeholder: it.patients ?? "" })),
      h("label", {}, "events ", field("events", "Events", it.events === null ? "" : it.events, { type: "number", min: 0, placeholder: it.found_events ?? "" })),
      h("label", {}, "ink ", field("color", "Colour", it.color, { type: "color" }))),
    it.patients === null ? null : h("p", { class: "quiet" }, `reconstructed: ${it.patients} patients, ${it.found_events} events, ${it.drops.length} drops${it.marks ? `, ${it.marks.length} marks` : ""}`));
}

function toggle(key) {
  if (!state.hidden.delete(key)) state.hidden.add(key);
  emit("layers");
  drawSidebar();
}

function riskTable(one) {
  const { times, rows } = one.risk;
  const times2 = times.length ? times : [];
  const cell = (index, column) => {
    const time = times2[column];
    const found = rows[index][column];
    const doubtful = one.risk.cells.some((it) => it.doubtful && it.time === time);
    return h("td", {}, h("input", {
      type: "number", min: 0, "data-key": `risk ${index} ${time}`, class: doubtful ? "doubt" : "", value: found ?? "",
      "aria-label": `Number at risk of ${one.arms[index].name} at ${round(time)}`,
      onchange: (event) => send({ kind: "risk_cell", arm: index, time, count: whole(event.target.value) }),
    }));
  };
  const add = h("form", { class: "line small", onsubmit: (event) => {
    event.preventDefault();
    const time = whole(event.target.elements.time.value);
    const count = whole(event.target.elements.count.value);
    if (time !== null && count !== null) send({ kind: "risk_cell", arm: state.arm, time, count });
  } },
    h("label", {}, "time ", h("input", { name: "time", type: "number", step: "any", min: 0, "data-key": "risk new time" })),
    h("label", {}, "at risk ", h("input", { name: "count", type: "number", min: 0, "data-key": "risk new count" })),
    h("button", { type: "submit", "data-key": "risk add" }, "Add"));
  if (!one.arms.length) return [];
  return [
    times2.length
      ? h("div", { class: "wide" }, h("table", { class: "risk" }, h("caption", { class: "hidden" }, "Numbers at risk"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Arm"), ...times2.map((time) => h("th", { scope: "col" }, round(time))))),
        h("tbody", {}, one.arms.map((it, index) => h("tr", {}, h("th", { scope: "row" }, it.name), ...times2.map((_, column) => cell(index, column)))))))
      : h("p", { class: "quiet" }, "No numbers at risk were read."),
    add,
  ];
}

function axisTicks(one, axis) {
  const ticks = [...one[axis].ticks, ...state.pendingTicks[axis]];
  const row = (tick, index) => h("tr", { class: tick.inlier === false ? "doubt" : "" },
    h("td", {}, h("input", {
      type: "number", step: "any", "data-key": `tick ${axis} ${index} px`, "aria-label": `Place of ${axis} tick ${index + 1} in pixels`, value: Number(tick.px.toFixed(2)),
      onchange: (event) => { tick.px = Number(event.target.value); sendTicks(axis, index); },
    })),
    h("td", {}, h("input", {
      type: "number", step: "any", "data-key": `tick ${axis} ${index}`, "aria-label": `Value of ${axis} tick ${index + 1}`, value: tick.value ?? "",
      onfocus: () => { if (index < one[axis].ticks.length) { select({ kind: "tick", axis, index }); reveal(tickPlace(one, axis, tick)); } },
      onchange: (event) => { tick.value = whole(event.target.value); sendTicks(axis, index); },
    })),
    h("td", {}, h("button", { type: "button", "data-key": `tick ${axis} ${index} remove`, "aria-label": `Remove ${axis} tick ${index + 1}`, onclick: () => sendTicks(axis, index, { remove: true }) }, "✕")));
  return h("div", { class: "axis" },
    h("h3", {}, axis === "x" ? "Time axis" : `Survival axis${one.percent ? " (percent)" : ""}`),
    one[axis].source ? h("p", { class: "quiet" }, `from ${one[axis].source}, residual ${one[axis].rms_px.toFixed(2)} px`) : null,
    h("table", {}, h("caption", { class: "hidden" }, `Ticks of the ${axis} axis`), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "px"), h("th", { scope: "col" }, "value"), h("td", {}))), h("tbody", {}, ticks.map(row))),
    h("div", { class: "line" },
      h("button", { type: "button", "data-key": `tick ${axis} add`, onclick: () => { state.tickAxis = axis; chooseTool("tick"); say(`Click where the ${axis} axis has a known value.`); $("figure").focus(); } }, "Add a tick"),
      one[axis].pinned ? h("button", { type: "button", "data-key": `tick ${axis} reset`, onclick: () => send({ kind: "ticks", axis, ticks: null }) }, "As found") : null));
}

function axes(one) {
  const text = (field, label) => h("label", { class: "row" }, label, h("input", { type: "text", "data-key": `say ${field}`, value: one[field], onchange: (event) => send({ kind: "say", field, value: event.target.value || null }) }));
  return [
    axisTicks(one, "x"), axisTicks(one, "y"),
    text("time_unit", "Unit of time"), text("end_point", "End point"),
    h("label", { class: "row" }, "Curves", h("select", { "data-key": "say direction", onchange: (event) => send({ kind: "say", field: "direction", value: event.target.value }) },
      h("option", { value: "down", selected: one.direction === "down" }, "fall (survival)"), h("option", { value: "up", selected: one.direction === "up" }, "rise (incidence)"))),
    one.frame_stated ? h("button", { type: "button", "data-key": "frame reset", onclick: () => send({ kind: "frame", frame: null }) }, "Frame as found") : null,
  ];
}

function layers() {
  const names = { curves: "Curves", rebuilt: "Reconstruction", marks: "Censor marks", ticks: "Ticks", frame: "Frame", text: "Text that was read", risk: "Cells of the table" };
  return [h("ul", { class: "layers" }, Object.entries(names).map(([name, label]) => h("li", {}, h("label", {}, h("input", {
    type: "checkbox", "data-key": `layer ${name}`, checked: state.layers[name], onchange: (event) => { state.layers[name] = event.target.checked; emit("layers"); },
  }), " ", label))))];
}

function corrections() {
  const list = state.view.corrections;
  const who = h("label", { class: "row" }, "Your name", h("input", { type: "text", "data-key": "who", maxlength: 200, placeholder: "optional", value: state.who ?? "", onchange: (event) => { state.who = event.target.value.trim(); } }));
  if (!list.length) return [h("p", { class: "quiet" }, "Nothing was corrected."), who];
  const record = (it, index) => h("li", {}, it.what, h("small", {}, [it.who, it.when?.slice(0, 16).replace("T", " ")].filter(Boolean).join(" · ")),
    h("input", { type: "text", "data-key": `why ${index}`, "aria-label": `Reason for correction ${index + 1}: ${it.what}`, placeholder: "Why? (optional)", maxlength: 2000, value: it.why ?? "", onchange: (event) => explain(index, event.target.value) }));
  return [h("p", { class: "quiet" }, `Kept in ${state.view.facts_file}; every later run uses them.`), who, h("ol", { class: "corrections" }, list.map(record))];
}

function armSections(one) {
  return [
    section("Verdict", null, ...verdicts(one)),
    section("Flags", one.flags.length || null, ...flags(one)),
    section("Arms", one.arms.length, h("ol", { class: "arms" }, one.arms.map(armRow))),
    section("At risk", null, ...riskTable(one)),
  ];
}

export function drawSidebar() {
  if (!state.view) return;
  const one = panel();
  const all = panels();
  if (!one.arms.length) closed.delete("Axes");
  refill($("sidebar"),
    state.view.error ? h("p", { class: "error", role: "alert" }, state.view.error.message, " ", state.view.error.remedy) : null,
    all.length > 1 ? h("div", { class: "tabs", role: "group", "aria-label": "Panels" }, all.map((it, index) => h("button", {
      type: "button", "data-key": `panel ${index}`, "aria-pressed": String(index === state.panel), onclick: () => choosePanel(index),
    }, it.name, it.title ? h("small", {}, it.title) : null))) : null,
    one.reason && !state.view.error?.message.includes(one.reason) ? h("p", { class: "error" }, one.reason) : null,
    one.arms.length ? armSections(one) : state.view.readable && h("p", { class: "hint" }, "By hand: drag the plotting region with Frame (F), give two ticks on each axis below, and draw with New arm (N) what was not found."),
    state.view.readable && section("Axes", null, ...axes(one)),
    one.arms.length ? section("Reported", null, reportedForm(one)) : null,
    section("Layers", null, ...layers()),
    section("Corrections", state.view.corrections.length || null, ...corrections()));
  for (const swatch of $("sidebar").querySelectorAll("[data-color]")) swatch.style.background = swatch.dataset.color;
}

export function openSection(title) {
  closed.delete(title);
  drawSidebar();
}

on("view", drawSidebar);
on("chosen", drawSidebar);
on("pending", (axis) => {
  if (!axis) return drawSidebar();
  openSection("Axes");
  const index = panel()[axis].ticks.length + state.pendingTicks[axis].length - 1;
  document.querySelector(`[data-key="tick ${axis} ${index}"]`)?.focus();
});

export { kindOf };

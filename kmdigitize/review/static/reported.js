// The form for what the paper reports. Numbers are kept as printed: their digits decide the tolerance.

import { h } from "./dom.js";
import { send } from "./session.js";
import { say } from "./state.js";

const EMPTY = { arms: [], hazard_ratios: [], p_values: [] };

function field(form, name, label, value, attributes = {}) {
  return h("label", { class: "row" }, label, h("input", { type: "text", name, value: value ?? "", "data-key": `reported ${form} ${name}`, inputmode: "decimal", ...attributes }));
}

const limits = (pair) => (pair ? pair.join("–") : "");

// "0.43–0.94", "0.43 to 0.94", "0.43, 0.94" → two printed numbers.
function pairOf(text) {
  const parts = text.trim().split(/\s*(?:–|—|,|;|\bto\b|\s-\s|(?<=[\d.])-)\s*/).filter(Boolean);
  if (!parts.length) return null;
  if (parts.length !== 2) throw new Error(`“${text}” is no pair of limits; write 0.43–0.94.`);
  return parts;
}

const printed = (text) => text.trim().replace(",", ".").replace("·", ".") || null;
const count = (text) => (text.trim() === "" ? null : Number(text));

function drop(record) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== "" && value !== undefined));
}

function read(form, one, before) {
  const value = (name) => form.elements[name].value;
  const arms = one.arms.map((arm, i) => {
    const earlier = before.arms.find((it) => it.name === arm.name) ?? {};
    return drop({ ...earlier, name: arm.name, n: count(value(`n${i}`)), events: count(value(`events${i}`)), median: printed(value(`median${i}`)), median_limits: pairOf(value(`limits${i}`)) });
  }).filter((arm) => Object.keys(arm).length > 1);
  const hr = printed(value("hr"));
  const p = value("p").trim().match(/^([<>=]=?)?\s*(.*)$/);
  const hazard = hr && drop({ ...(before.hazard_ratios[0] ?? {}), value: hr, limits: pairOf(value("hr_limits")), arm: value("hr_arm"), reference: value("hr_reference") });
  const pValue = p[2] && drop({ ...(before.p_values[0] ?? {}), value: printed(p[2]), relation: p[1] ?? "=", sides: count(value("sides")) });
  const kept = { ...before, source: "stated", arms, hazard_ratios: [hazard, ...before.hazard_ratios.slice(1)].filter(Boolean), p_values: [pValue, ...before.p_values.slice(1)].filter(Boolean) };
  return drop(kept);
}

export function reportedForm(one) {
  const before = { ...EMPTY, ...(one.reported ?? {}) };
  const ofArm = (name) => before.arms.find((it) => it.name === name) ?? {};
  const [hr, p] = [before.hazard_ratios[0] ?? {}, before.p_values[0] ?? {}];
  const choice = (name, label, chosen) => h("label", { class: "row" }, label, h("select", { name, "data-key": `reported ${name}` },
    h("option", { value: "" }, "not said"), ...one.arms.map((arm) => h("option", { value: arm.name, selected: arm.name === chosen }, arm.name))));
  const submit = (event) => {
    event.preventDefault();
    try {
      send({ kind: "reported", reported: read(event.target, one, before) });
    } catch (error) {
      say(error.message, true);
    }
  };
  return h("form", { class: "reported", onsubmit: submit },
    h("p", { class: "quiet" }, one.reported && !one.reported_stated ? `Read from the ${before.source}. Numbers as printed; NR: not reached.` : "Numbers as printed; NR: median not reached."),
    ...one.arms.map((arm, i) => h("fieldset", {}, h("legend", {}, arm.name),
      field("arm", `median${i}`, "Median", ofArm(arm.name).median), field("arm", `limits${i}`, "95% limits", limits(ofArm(arm.name).median_limits)),
      field("arm", `n${i}`, "Patients", ofArm(arm.name).n, { inputmode: "numeric" }), field("arm", `events${i}`, "Events", ofArm(arm.name).events, { inputmode: "numeric" }))),
    h("fieldset", {}, h("legend", {}, "Comparison"),
      field("both", "hr", "Hazard ratio", hr.value), field("both", "hr_limits", "95% limits", limits(hr.limits)),
      choice("hr_arm", "Arm", hr.arm), choice("hr_reference", "versus", hr.reference),
      field("both", "p", "P value", p.value ? (p.relation && p.relation !== "=" ? p.relation : "") + p.value : ""),
      h("label", { class: "row" }, "Sides", h("select", { name: "sides", "data-key": "reported sides" },
        ...[["", "not said"], ["1", "one"], ["2", "two"]].map(([value, label]) => h("option", { value, selected: String(p.sides ?? "") === value }, label))))),
    h("div", { class: "line" }, h("button", { type: "submit", "data-key": "reported save" }, "Save"),
      one.reported_stated ? h("button", { type: "button", "data-key": "reported reset", onclick: () => send({ kind: "reported", reported: null }) }, "As printed on the figure") : null));
}

// SPDX-License-Identifier: GPL-2.0-or-later
"use strict";
(() => {
	const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
	const chips = all(".drawing a[data-id]");
	const rows = all("#devices tbody tr");
	const groups = all(".drawing .group");
	const row = new Map(rows.map((r) => [r.dataset.id, r]));
	const chip = new Map(chips.map((c) => [c.dataset.id, c]));
	const text = new Map(rows.map((r) => [r, r.textContent.toLowerCase()]));
	const tip = document.getElementById("tip");
	const filter = document.getElementById("filter");
	const count = document.getElementById("count");
	const buttons = all(".tools button");

	// The browser's own tooltip would stand beside ours.
	all(".drawing a > title").forEach((t) => t.remove());

	// --- filter ---
	const apply = () => {
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		const kinds = buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.kind);
		let shown = 0;
		for (const r of rows) {
			const fits = words.every((w) => text.get(r).includes(w)) && (!kinds.length || kinds.includes(r.dataset.kind));
			r.hidden = !fits;
			shown += fits;
			const c = chip.get(r.dataset.id);
			if (c)
				c.classList.toggle("off", !fits);
		}
		count.textContent = shown === rows.length ? `${rows.length} devices` : `${shown} of ${rows.length} devices`;
	};
	filter.addEventListener("input", apply);
	filter.addEventListener("keydown", (e) => {
		if (e.key === "Escape") {
			filter.value = "";
			apply();
		}
	});
	buttons.forEach((b) => b.addEventListener("click", () => {
		b.setAttribute("aria-pressed", String(b.getAttribute("aria-pressed") !== "true"));
		apply();
	}));
	document.addEventListener("keydown", (e) => {
		if (e.key === "/" && document.activeElement !== filter) {
			e.preventDefault();
			filter.focus();
		}
	});

	// --- what a device has to say, on hover and on focus ---
	const element = (name, content, className) => {
		const e = document.createElement(name);
		e.textContent = content;
		if (className)
			e.className = className;
		return e;
	};
	const hide = () => {
		tip.hidden = true;
		groups.forEach((g) => g.classList.remove("hot"));
	};
	const show = (c) => {
		const r = row.get(c.dataset.id);
		if (!r)
			return;
		const cell = (name) => r.querySelector("." + name).textContent.trim();
		const list = document.createElement("ul");
		all(".why > ul > li, .why summary", r).forEach((li) => list.append(element("li", li.textContent, li.className)));
		tip.className = r.dataset.kind;
		tip.replaceChildren(
			element("h3", `${c.dataset.id}  ${cell("what")}`),
			element("span", cell("verdict"), "says"),
			element("p", `group ${cell("in-group")}, NUMA node ${cell("in-node")}, slot ${cell("in-slot")}, driver ${cell("on-driver")}`));
		if (list.childElementCount)
			tip.append(list);
		tip.hidden = false;
		const box = c.getBoundingClientRect();
		const mine = tip.getBoundingClientRect();
		const width = document.documentElement.clientWidth;
		const below = box.bottom + 8 + mine.height < window.innerHeight || box.top < mine.height + 8;
		tip.style.left = `${Math.max(8, Math.min(box.left, width - mine.width - 8)) + window.scrollX}px`;
		tip.style.top = `${(below ? box.bottom + 8 : box.top - mine.height - 8) + window.scrollY}px`;
		groups.forEach((g) => g.classList.toggle("hot", c.dataset.group !== "" && g.dataset.group === c.dataset.group));
	};
	const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
	chips.forEach((c, i) => {
		c.addEventListener("mouseenter", () => show(c));
		c.addEventListener("mouseleave", hide);
		c.addEventListener("focus", () => show(c));
		c.addEventListener("blur", hide);
		c.addEventListener("keydown", (e) => {
			if (e.key === "Escape")
				hide();
			let to = null;
			if (e.key in steps)
				to = chips[(i + steps[e.key] + chips.length) % chips.length];
			else if (e.key === "Home" || e.key === "End")
				to = chips[e.key === "Home" ? 0 : chips.length - 1];
			if (to) {
				e.preventDefault();
				to.focus();
			}
		});
	});

	// --- the table: a click on a title sorts ---
	const body = document.querySelector("#devices tbody");
	all("#devices thead th").forEach((th, column) => {
		const button = th.querySelector("button");
		if (!button)
			return;
		button.addEventListener("click", () => {
			const up = th.getAttribute("aria-sort") !== "ascending";
			all("#devices thead th").forEach((other) => other.removeAttribute("aria-sort"));
			th.setAttribute("aria-sort", up ? "ascending" : "descending");
			const key = (r) => r.cells[column].textContent.trim();
			body.append(...rows.slice().sort((a, b) => (up ? 1 : -1) * key(a).localeCompare(key(b), "en", { numeric: true })));
		});
	});

	window.addEventListener("beforeprint", () => all(".check details").forEach((d) => { d.open = true; }));
	apply();
})();

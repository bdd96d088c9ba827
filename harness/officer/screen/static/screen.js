// The officer's screen: looks again when the stream says so, and takes the PIN. Digits are kept here and nowhere in the page.
"use strict";

(() => {
  const LENGTH = 4;
  const FORGET_AFTER_MS = 60000;
  const SOON_MS = 100;
  const THAI_NOUGHT = 0x0e50;
  const MOST_EARLY = 30;
  let entered = [];
  let forgetting = 0;
  let sending = false;
  let looking = null;
  let again = false;
  let early = 0;

  const byId = (id) => document.getElementById(id);
  const formToken = () => document.querySelector("meta[name=form-token]").content;

  // --- looking again

  const wide = window.matchMedia("(min-width: 900px)");
  const showSteps = () => {
    const details = document.querySelector("#steps details");
    if (details) details.open = wide.matches;
  };
  wide.addEventListener("change", showSteps);

  function replace(id, fresh) {
    const here = byId(id);
    const there = fresh.getElementById(id);
    if (!here || !there || here.outerHTML === there.outerHTML) return;
    const focused = here.contains(document.activeElement) ? document.activeElement : null;
    const action = focused && focused.form ? focused.form.getAttribute("action") : null;
    here.replaceWith(document.importNode(there, true));
    if (action) {
      const same = byId(id).querySelector(`form[action="${action}"] button`) || byId(id).querySelector("button");
      if (same) same.focus();
    }
  }

  async function look() {
    if (looking) {
      again = true;
      return looking;
    }
    looking = (async () => {
      do {
        again = false;
        try {
          const answer = await fetch("/", { cache: "no-store", headers: { "X-Requested-With": "screen" } });
          if (!answer.ok) throw new Error("refused");
          if (answer.status === 204) lookSoon();
          else {
            early = 0;
            show(new DOMParser().parseFromString(await answer.text(), "text/html"));
          }
          reachable(true);
        } catch {
          reachable(false);
        }
      } while (again);
      looking = null;
    })();
    return looking;
  }

  // The session's value was just changed, and this browser does not have the new one yet.
  function lookSoon() {
    early += 1;
    if (early > MOST_EARLY) window.location.reload();
    else setTimeout(look, SOON_MS);
  }

  function show(fresh) {
    const there = fresh.getElementById("page");
    if (!there) return;
    const token = fresh.querySelector("meta[name=form-token]").content;
    document.querySelector("meta[name=form-token]").content = token;
    document.querySelectorAll("input[name=csrf]").forEach((field) => {
      field.value = token;
    });
    const opened = document.querySelector("#steps details")?.open;
    replace("status", fresh);
    replace("steps", fresh);
    const details = document.querySelector("#steps details");
    if (details) details.open = opened ?? wide.matches;
    if (byId("page").dataset.view === there.dataset.view) return;
    forget();
    document.title = fresh.title;
    byId("page").replaceWith(document.importNode(there, true));
    window.scrollTo(0, 0);
    focusOn(document.querySelector("#page [data-focus]") || byId("page"));
  }

  // What tells of a fault comes into sight; everything else leaves the page at its top.
  function focusOn(element) {
    element.focus({ preventScroll: !element.matches(".alert") });
  }

  function reachable(yes) {
    const box = byId("unreachable");
    const words = yes ? "" : document.body.dataset.unreachable;
    if (box.textContent !== words) box.textContent = words;
  }

  function listen() {
    const stream = new EventSource("/events");
    stream.addEventListener("look", look);
    stream.addEventListener("error", () => reachable(false));
    window.addEventListener("pagehide", () => stream.close());
  }

  // --- buttons

  document.addEventListener("submit", (event) => {
    if (sending) {
      event.preventDefault();
      return;
    }
    const button = event.submitter;
    if (button && event.target.getAttribute("action") !== "/language") {
      sending = true;
      button.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", () => {
    sending = false;
  });

  // --- the PIN

  function fill(sentence, count) {
    return sentence.replace("{count}", String(count));
  }

  function told() {
    const pad = byId("pad");
    if (!pad) return;
    pad.querySelectorAll(".dots i").forEach((dot, place) => dot.classList.toggle("on", place < entered.length));
    byId("entered").textContent = fill(pad.dataset.entered, entered.length);
    const ok = pad.querySelector("[data-key=ok]");
    ok.setAttribute("aria-disabled", String(entered.length !== LENGTH));
    clearTimeout(forgetting);
    if (entered.length) forgetting = setTimeout(forget, FORGET_AFTER_MS);
  }

  function forget() {
    entered.fill("");
    entered = [];
    told();
  }

  async function send() {
    const pad = byId("pad");
    if (sending) return;
    if (entered.length !== LENGTH) {
      byId("entered").textContent = pad.dataset.incomplete;
      return;
    }
    sending = true;
    const body = new URLSearchParams({ csrf: formToken(), pin: entered.join("") });
    forget();
    byId("entered").textContent = pad.dataset.checking;
    pad.setAttribute("aria-busy", "true");
    try {
      await fetch("/pin", { method: "POST", body, headers: { "X-Requested-With": "screen" } });
    } catch {
      reachable(false);
    }
    sending = false;
    pad.removeAttribute("aria-busy");
    await look();
  }

  function press(key) {
    if (sending) return;
    if (key === "ok") send();
    else if (key === "clear") forget();
    else if (key === "erase") {
      entered.pop();
      told();
    } else if (entered.length < LENGTH) {
      entered.push(key);
      told();
    }
  }

  // The digit that was typed, Thai digits too. Where the layout puts letters on the digits' keys, as Thai's does, the key
  // counts; not with Shift or Caps Lock, with which that layout puts other Thai digits there.
  function digitOf(event) {
    if (/^[0-9]$/.test(event.key)) return event.key;
    const thai = event.key.length === 1 ? event.key.charCodeAt(0) - THAI_NOUGHT : -1;
    if (thai >= 0 && thai <= 9) return String(thai);
    if (event.key.length !== 1 || event.shiftKey || event.getModifierState("CapsLock")) return null;
    const place = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
    return place ? place[1] : null;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#pad [data-key]");
    if (button) press(button.dataset.key);
  });

  document.addEventListener("keydown", (event) => {
    if (!byId("pad") || event.ctrlKey || event.altKey || event.metaKey) return;
    const onButton = event.target.closest("button, a, summary");
    const digit = digitOf(event);
    if (digit !== null) press(digit);
    else if (event.key === "Backspace") press("erase");
    else if (event.key === "Escape") press("clear");
    else if (event.key === "Enter" && !(onButton && event.target.dataset.key !== "ok" && entered.length !== LENGTH)) {
      if (onButton && !onButton.closest("#pad")) return;
      press("ok");
    } else {
      if (event.key.length === 1 && event.key !== " " && !sending) byId("entered").textContent = byId("pad").dataset.noDigit;
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) forget();
  });

  showSteps();
  const first = document.querySelector("#page [data-focus]");
  if (first) focusOn(first);
  listen();
  document.documentElement.dataset.ready = "true";
})();

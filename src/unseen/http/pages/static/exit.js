// Quick exit, where scripts run: the button and Shift three times replace this page in the browser's history.
// Without scripts the button is a plain link to the same place.  Source of the pattern: GOV.UK's "Exit this page".
"use strict";

(() => {
  const WITHIN_MS = 5000;
  // Asked for each time: the offline kit puts the page of another language in their place.
  const link = () => document.getElementById("exit");
  const say = (words) => {
    document.getElementById("exit-said").textContent = words;
  };
  let pressed = 0;
  let forget = 0;

  const leave = () => {
    say(link().dataset.leaving);
    document.body.classList.add("leaving"); // nothing to read over a shoulder while the next page loads
    document.title = "…";
    window.location.replace(link().href);
  };

  const start = () => {
    pressed = 0;
    say("");
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#exit")) return;
    event.preventDefault();
    leave();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") start(); // she is typing
  });

  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift") return;
    window.clearTimeout(forget);
    pressed += 1;
    if (pressed === 3) {
      leave();
      return;
    }
    say(pressed === 1 ? link().dataset.moreTwo : link().dataset.moreOne);
    forget = window.setTimeout(start, WITHIN_MS);
  });

  // A page that is shown again from the browser's memory must be asked for anew: the case may be closed by now.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();

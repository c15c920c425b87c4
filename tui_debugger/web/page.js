// The keyboard belongs to the game as soon as there is one to hear of it.
addEventListener("DOMContentLoaded", () => {
  const take = () => document.querySelector(".xterm-helper-textarea")?.focus();
  const begun = new MutationObserver(() => {
    if (!document.body.classList.contains("-first-byte")) return;
    begun.disconnect();
    take();
  });
  begun.observe(document.body, { attributeFilter: ["class"] });
});

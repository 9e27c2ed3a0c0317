// Lab in its command mode takes keys on a menu or button for commands: an arrow leaves the menu, and
// who types "odd" to choose it deletes the cell. Keys with Ctrl or the like, and Shift+Enter, are
// still Lab's. It listens at the document; the window comes before it. Once in a page is enough.
window.lpnbGuard ??= (() => {
  const guard = (event) => {
    if (!event.target.closest?.(".lpnb-form")) return;
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    const ours = !modified && !(event.shiftKey && event.key === "Enter");
    event.target.toggleAttribute("data-lm-suppress-shortcuts", ours);
  };
  window.addEventListener("keydown", guard, true);
  return true;
})();

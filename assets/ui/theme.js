// Sets the chosen colour theme before the first paint. A classic script on purpose:
// a module would run after the page has been drawn once in the wrong colours.
(function () {
  try {
    const theme = localStorage.getItem("cartwright.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is switched off: the system's choice holds.
  }
})();

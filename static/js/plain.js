// Shows what the page says to browsers without scripts, where scripts run but ours cannot: <script nomodule> runs it in
// browsers older than modules, app.js where an island could not be loaded. For such browsers it is written in old words.
(function () {
  function show() {
    var parts = document.body.getElementsByTagName("noscript");
    while (parts.length) {
      var shown = document.createElement("div");
      shown.innerHTML = parts[0].children.length ? parts[0].innerHTML : parts[0].textContent; // swapped in, or parsed here
      parts[0].parentNode.replaceChild(shown, parts[0]);
    }
    var again = /http-equiv="refresh" content="(\d+)"/.exec(document.head.innerHTML);
    if (again && !("noModule" in document.createElement("script"))) {
      setTimeout(function () { location.reload(); }, again[1] * 1000);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
  else show();
})();

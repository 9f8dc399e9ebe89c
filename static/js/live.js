// Listens for nudges ("something changed") over a plain WebSocket and tells htmx to look again.
// A client of Engine.IO 4 / Socket.IO 5 in as few bytes as it takes; the page polls without it.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;

export default function live(element) {
  const namespace = element.dataset.namespace || "";
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket.io/?EIO=4&transport=websocket`;
  const start = `42${namespace ? `${namespace},` : ""}`;
  let wait = FIRST_WAIT;
  let known = false;

  function tell() {
    if (window.htmx) window.htmx.trigger(document.body, "nudge");
  }

  function open() {
    if (!element.isConnected) return;
    const socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      if (data[0] === "0") socket.send(`40${namespace ? `${namespace},` : ""}`);
      else if (data === "2") socket.send("3");
      else if (data.startsWith("40")) {
        wait = FIRST_WAIT;
        if (known) tell(); // what happened while the line was down
        known = true;
      } else if (data.startsWith(start)) tell();
    };
    socket.onclose = () => {
      setTimeout(open, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  open();
}

// Holds one WebSocket to the server and reconnects it: a nudge makes htmx look again, anything else is passed on.
// A client of Engine.IO 4 / Socket.IO 5 in as few bytes as it takes; the page polls without it.
// Other islands listen for "live" on the document ({ name, message }; "open" and "closed" are ours) and say something
// by "live:say" ({ name }). <html data-live> is there while the line is up.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
// The staff hear of every case of their branch office: a page looks at once, then once a second; a desk that rings looks
// for its own answer, for which somebody waits.
const PAUSE = 1000;
const PAUSE_WHILE_RINGING = 200;

export default function live(element) {
  const namespace = element.dataset.namespace ? `${element.dataset.namespace},` : "";
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket.io/?EIO=4&transport=websocket`;
  const state = document.documentElement.dataset;
  let wait = FIRST_WAIT;
  let known = false;
  let socket = null;
  let silence = 0;
  let patience = 0;
  let rests = false;
  let missed = false;

  const announce = (name, message) => document.dispatchEvent(new CustomEvent("live", { detail: { name, message } }));

  const look = () => window.htmx && window.htmx.trigger(document.body, "nudge");

  function tell() {
    missed = rests;
    if (rests) return;
    look();
    if (!namespace) return;
    rests = true;
    setTimeout(() => {
      rests = false;
      if (missed) tell();
    }, "look" in element.dataset ? PAUSE_WHILE_RINGING : PAUSE);
  }

  function up() {
    wait = FIRST_WAIT;
    state.live = "";
    announce("open");
    if (known) tell(); // what happened while the line was down
    else if ("look" in element.dataset) look(); // or since the page was written: a ring is answered at once
    known = true;
  }

  function hear(text) {
    const [name, message] = JSON.parse(text);
    if (name === "n") tell();
    else announce(name, message);
  }

  function open() {
    if (!element.isConnected) return;
    const mine = new WebSocket(address);
    socket = mine;
    mine.onmessage = ({ data }) => {
      clearTimeout(silence);
      if (data[0] === "0") {
        const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
        patience = pingInterval + pingTimeout;
        mine.send(`40${namespace}`);
      } else if (data === "2") mine.send("3");
      else if (data.startsWith("40")) up();
      else if (/^4[14]/.test(data)) mine.close(); // shown out: the session has ended, and the page must poll to learn it
      else if (data.startsWith(`42${namespace}`)) hear(data.slice(2 + namespace.length));
      silence = setTimeout(() => mine.close(), patience); // a line that was cut says nothing, not even that
    };
    mine.onclose = () => {
      clearTimeout(silence);
      if ("live" in state) announce("closed");
      delete state.live;
      setTimeout(open, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  document.addEventListener("live:say", ({ detail }) => {
    if ("live" in state) socket.send(`42${namespace}${JSON.stringify([detail.name])}`);
  });
  open();
}

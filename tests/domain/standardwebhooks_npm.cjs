// The published library for Node in the part of an integrator: reads letters as JSON, says of each whether it holds,
// and signs the same bodies itself.
const { Webhook } = require("standardwebhooks");
const { secret, letters, now } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const webhook = new Webhook(secret);

function holds({ body, headers }) {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error.name !== "WebhookVerificationError") throw error;
    return false;
  }
}

const moment = new Date(now * 1000);
const signed = letters.map(({ body, headers }) => webhook.sign(headers["webhook-id"], moment, body));
process.stdout.write(JSON.stringify({ held: letters.map(holds), signed }));
